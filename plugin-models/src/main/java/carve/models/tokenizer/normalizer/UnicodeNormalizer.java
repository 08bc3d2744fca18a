package carve.models.tokenizer.normalizer;

import carve.models.text.TextException;
import carve.models.tokenizer.Piece;
import carve.models.tokenizer.Unicode;
import carve.models.tokenizer.WorkBudget;
import java.text.Normalizer.Form;

/**
 * One of Unicode's normal forms. Combining marks on one character are sorted by inserting each into those before it, so that
 * thousands of them on one character would take very long; texts have far fewer.
 *
 * @param form the normal form
 */
public record UnicodeNormalizer(Form form) implements Normalizer {
    private static final int MAX_MARKS = 256;

    @Override
    public String normalize(String text, WorkBudget budget) {
        return normalize(text, form);
    }

    static String normalize(String text, Form form) {
        if (isAscii(text)) {
            return text;
        }
        requireFewMarks(text);
        return java.text.Normalizer.normalize(text, form);
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static void requireFewMarks(String text) {
        int marks = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            marks = c >= 0x300 && Unicode.isMark(c) ? marks + 1 : 0;
            if (marks > MAX_MARKS) {
                throw new TextException(
                        "tokenizer: the text has more than %d combining marks on one character".formatted(MAX_MARKS));
            }
            i += Character.charCount(c);
        }
    }

    @Override
    public Piece normalize(Piece piece, WorkBudget budget) {
        return Normalizer.keepLeadingCharacter(piece, Normalizer.super.normalize(piece, budget));
    }
}
