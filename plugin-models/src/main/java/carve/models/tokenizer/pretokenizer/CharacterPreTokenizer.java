package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;
import java.util.function.IntPredicate;

/**
 * A split at characters.
 *
 * @param separator the characters, each of which is a match
 * @param behavior how matches are treated
 */
public record CharacterPreTokenizer(IntPredicate separator, SplitBehavior behavior) implements PreTokenizer {
    @Override
    public void split(Piece piece, WorkBudget budget, PieceSink sink) {
        Splitter splitter = new Splitter(piece, behavior, false, sink);
        String text = piece.text();
        budget.spend(text.length());
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            int next = i + Character.charCount(c);
            if (separator.test(c)) {
                splitter.match(i, next);
            }
            i = next;
        }
        splitter.finish();
    }
}
