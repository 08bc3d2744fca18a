package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.regex.Regex;

/**
 * The replacement of each match of an expression.
 *
 * @param pattern what is replaced
 * @param content what stands there then
 */
public record ReplaceNormalizer(Regex pattern, String content) implements Normalizer {
    @Override
    public String normalize(String text, WorkBudget budget) {
        return pattern.replaceAll(text, content, budget);
    }
}
