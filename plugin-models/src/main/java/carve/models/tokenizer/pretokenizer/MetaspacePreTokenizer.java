package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;

/**
 * Spaces written as another character, at which texts are split.
 *
 * @param replacement the character, one code point
 * @param prepend which pieces begin with it whether there was a space or not
 * @param splits whether pieces are split before each of them
 */
public record MetaspacePreTokenizer(String replacement, Prepend prepend, boolean splits) implements PreTokenizer {
    /** The pieces that begin with the replacement. */
    public enum Prepend {
        /** Each piece. */
        ALWAYS,
        /** The piece at the beginning of the text. */
        FIRST,
        /** None. */
        NEVER
    }

    @Override
    public void split(Piece piece, WorkBudget budget, PieceSink sink) {
        budget.spend(piece.text().length());
        String text = piece.text().replace(" ", replacement);
        int leading = piece.text()
                .substring(0, piece.leading())
                .replace(" ", replacement)
                .length();
        if (!text.startsWith(replacement)
                && (prepend == Prepend.ALWAYS || prepend == Prepend.FIRST && piece.leading() > 0)) {
            text = replacement + text;
            leading = leading == 0 ? 0 : leading + replacement.length();
        }
        Piece whole = piece.with(text, leading);
        if (!splits) {
            sink.piece(whole);
            return;
        }
        Splitter splitter = new Splitter(whole, SplitBehavior.MERGED_WITH_NEXT, false, sink);
        for (int at = text.indexOf(replacement); at >= 0; at = text.indexOf(replacement, at + replacement.length())) {
            splitter.match(at, at + replacement.length());
        }
        splitter.finish();
    }
}
