package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;
import java.util.List;

/**
 * Pre-tokenizers that split each other's pieces further.
 *
 * @param preTokenizers in this order
 */
public record PreTokenizerSequence(List<PreTokenizer> preTokenizers) implements PreTokenizer {
    /** Copies the list. */
    public PreTokenizerSequence {
        preTokenizers = List.copyOf(preTokenizers);
    }

    @Override
    public void split(Piece piece, WorkBudget budget, PieceSink sink) {
        split(0, piece, budget, sink);
    }

    private void split(int from, Piece piece, WorkBudget budget, PieceSink sink) {
        if (from == preTokenizers.size()) {
            sink.piece(piece);
        } else {
            preTokenizers.get(from).split(piece, budget, part -> split(from + 1, part, budget, sink));
        }
    }
}
