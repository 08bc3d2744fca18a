package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.Unicode;
import carve.models.tokenizer.WorkBudget;
import java.text.Normalizer.Form;

/**
 * BERT's normalizer.
 *
 * @param cleanText whether control characters are removed and white space becomes spaces
 * @param chineseCharacters whether spaces are put around CJK ideographs
 * @param stripAccents whether texts are decomposed and nonspacing marks removed
 * @param lowercase whether texts are in lower case
 */
public record BertNormalizer(boolean cleanText, boolean chineseCharacters, boolean stripAccents, boolean lowercase)
        implements Normalizer {
    @Override
    public String normalize(String text, WorkBudget budget) {
        String result = text;
        if (cleanText) {
            result = Characters.map(result, BertNormalizer::clean);
        }
        if (chineseCharacters) {
            result = spaced(result);
        }
        if (stripAccents) {
            result = Characters.map(
                    UnicodeNormalizer.normalize(result, Form.NFD),
                    c -> Character.getType(c) == Character.NON_SPACING_MARK ? Characters.REMOVED : c);
        }
        return lowercase ? LowercaseNormalizer.lowercase(result) : result;
    }

    private static int clean(int c) {
        if (c == '\t' || c == '\n' || c == '\r') {
            return ' ';
        }
        int type = Character.getType(c);
        boolean control = type == Character.CONTROL || type == Character.FORMAT || type == Character.PRIVATE_USE;
        if (c == 0 || c == 0xFFFD || control) {
            return Characters.REMOVED;
        }
        return Unicode.isWhiteSpace(c) ? ' ' : c;
    }

    private static String spaced(String text) {
        if (text.codePoints().noneMatch(BertNormalizer::isChinese)) {
            return text;
        }
        StringBuilder result = new StringBuilder(text.length() + 64);
        text.codePoints().forEach(c -> {
            if (isChinese(c)) {
                result.append(' ').appendCodePoint(c).append(' ');
            } else {
                result.appendCodePoint(c);
            }
        });
        return result.toString();
    }

    private static boolean isChinese(int c) {
        return c >= 0x3400
                && (c >= 0x4E00 && c <= 0x9FFF
                        || c <= 0x4DBF
                        || c >= 0x20000 && c <= 0x2A6DF
                        || c >= 0x2A700 && c <= 0x2B73F
                        || c >= 0x2B740 && c <= 0x2B81F
                        || c >= 0x2B920 && c <= 0x2CEAF
                        || c >= 0xF900 && c <= 0xFAFF
                        || c >= 0x2F800 && c <= 0x2FA1F);
    }
}
