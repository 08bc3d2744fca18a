package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.regex.Regex;

/**
 * A split at the matches of an expression.
 *
 * @param pattern the expression
 * @param behavior how matches are treated
 * @param invert whether matches are the pieces, and what lies between them separates them
 */
public record RegexPreTokenizer(Regex pattern, SplitBehavior behavior, boolean invert) implements PreTokenizer {
    @Override
    public void split(Piece piece, WorkBudget budget, PieceSink sink) {
        Splitter splitter = new Splitter(piece, behavior, invert, sink);
        pattern.find(piece.text(), budget, splitter::match);
        splitter.finish();
    }
}
