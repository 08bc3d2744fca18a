package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.Unicode;
import carve.models.tokenizer.WorkBudget;

/** The removal of white space at the ends of a text. */
public record StripNormalizer(boolean left, boolean right) implements Normalizer {
    // all white space is in the basic plane
    @Override
    public String normalize(String text, WorkBudget budget) {
        int start = 0;
        int end = text.length();
        while (left && start < end && Unicode.isWhiteSpace(text.charAt(start))) {
            start++;
        }
        while (right && end > start && Unicode.isWhiteSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }
}
