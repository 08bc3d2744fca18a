package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.Unicode;
import carve.models.tokenizer.WorkBudget;

/** The removal of combining marks. */
public record StripAccentsNormalizer() implements Normalizer {
    @Override
    public String normalize(String text, WorkBudget budget) {
        return Characters.map(text, c -> Unicode.isMark(c) ? Characters.REMOVED : c);
    }
}
