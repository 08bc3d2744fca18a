package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.WorkBudget;

/** Lower case, character by character. */
public record LowercaseNormalizer() implements Normalizer {
    private static final int CAPITAL_I_WITH_DOT = 0x130;

    @Override
    public String normalize(String text, WorkBudget budget) {
        return lowercase(text);
    }

    static String lowercase(String text) {
        if (text.codePoints().noneMatch(c -> Character.toLowerCase(c) != c)) {
            return text;
        }
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            result.appendCodePoint(Character.toLowerCase(c));
            if (c == CAPITAL_I_WITH_DOT) {
                result.append('\u0307'); // the one character whose lower case has two
            }
        });
        return result.toString();
    }
}
