package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.WorkBudget;

/**
 * A prefix of texts that are not empty.
 *
 * @param prefix what is put before them
 */
public record PrependNormalizer(String prefix) implements Normalizer {
    @Override
    public String normalize(String text, WorkBudget budget) {
        return text.isEmpty() ? text : prefix + text;
    }
}
