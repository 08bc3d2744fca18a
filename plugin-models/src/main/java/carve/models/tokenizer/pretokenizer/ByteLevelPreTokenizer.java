package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.ByteCharacters;
import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.regex.Regex;

/**
 * GPT-2's split, and bytes written as characters.
 *
 * @param prefixSpace whether a space is put before each piece that does not begin with one
 * @param words whether pieces are split by GPT-2's expression
 */
public record ByteLevelPreTokenizer(boolean prefixSpace, boolean words) implements PreTokenizer {
    /** GPT-2's expression. */
    public static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final PreTokenizer GPT2_WORDS =
            new RegexPreTokenizer(Regex.compile(GPT2), SplitBehavior.ISOLATED, false);

    @Override
    public void split(Piece piece, WorkBudget budget, PieceSink sink) {
        Piece whole = prefixSpace && !piece.text().startsWith(" ")
                ? piece.with(" " + piece.text(), piece.leading() == 0 ? 0 : piece.leading() + 1)
                : piece;
        if (words) {
            GPT2_WORDS.split(whole, budget, part -> sink.piece(bytes(part)));
        } else {
            budget.spend(whole.text().length());
            sink.piece(bytes(whole));
        }
    }

    private static Piece bytes(Piece piece) {
        String encoded = ByteCharacters.encode(piece.text());
        int leading = piece.leading() == 0
                ? 0
                : ByteCharacters.encode(piece.text().substring(0, piece.leading()))
                        .length();
        return piece.with(encoded, leading);
    }
}
