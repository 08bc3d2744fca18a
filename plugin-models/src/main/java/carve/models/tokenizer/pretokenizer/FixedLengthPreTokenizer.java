package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;

/**
 * Pieces of the same number of characters.
 *
 * @param length of each piece but the last, in code points
 */
public record FixedLengthPreTokenizer(int length) implements PreTokenizer {
    @Override
    public void split(Piece piece, WorkBudget budget, PieceSink sink) {
        String text = piece.text();
        budget.spend(text.length());
        int start = 0;
        int count = 0;
        for (int i = 0; i < text.length(); ) {
            i += Character.charCount(text.codePointAt(i));
            if (++count == length || i == text.length()) {
                sink.piece(piece.part(start, i));
                start = i;
                count = 0;
            }
        }
    }
}
