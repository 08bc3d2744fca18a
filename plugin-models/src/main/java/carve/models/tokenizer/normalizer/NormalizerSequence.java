package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;
import java.util.List;

/**
 * Normalizers one after another; none of them leaves a text as it is.
 *
 * @param normalizers in this order
 */
public record NormalizerSequence(List<Normalizer> normalizers) implements Normalizer {
    /** Copies the list. */
    public NormalizerSequence {
        normalizers = List.copyOf(normalizers);
    }

    @Override
    public String normalize(String text, WorkBudget budget) {
        return normalize(new Piece(text, 0), budget).text();
    }

    @Override
    public Piece normalize(Piece piece, WorkBudget budget) {
        Piece result = piece;
        for (Normalizer normalizer : normalizers) {
            budget.spend(result.text().length());
            result = normalizer.normalize(result, budget);
            budget.requireLength(result.text().length());
        }
        return result;
    }
}
