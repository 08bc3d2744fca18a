package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;

/** A step that changes a text before it is split. */
public sealed interface Normalizer
        permits BertNormalizer,
                ByteLevelNormalizer,
                LowercaseNormalizer,
                NmtNormalizer,
                NormalizerSequence,
                PrecompiledNormalizer,
                PrependNormalizer,
                ReplaceNormalizer,
                StripAccentsNormalizer,
                StripNormalizer,
                UnicodeNormalizer {
    /**
     * Returns the normalized text.
     *
     * @throws carve.models.text.TextException if the budget does not suffice
     */
    String normalize(String text, WorkBudget budget);

    /** Returns the normalized piece; what its leading chars have become is what they become by themselves, as far as it begins so. */
    default Piece normalize(Piece piece, WorkBudget budget) {
        String text = normalize(piece.text(), budget);
        return new Piece(text, piece.leading() == 0 ? 0 : leading(piece, text, budget));
    }

    /**
     * Returns a normalized piece whose first character is a leading one if the piece had any before: whatever that character has
     * become, or lost, the text begins with it.
     */
    static Piece keepLeadingCharacter(Piece before, Piece normalized) {
        return before.leading() > 0
                        && normalized.leading() == 0
                        && !normalized.text().isEmpty()
                ? normalized.with(
                        normalized.text(), Character.charCount(normalized.text().codePointAt(0)))
                : normalized;
    }

    private int leading(Piece piece, String text, WorkBudget budget) {
        String first = normalize(piece.text().substring(0, piece.leading()), budget);
        int same = 0;
        while (same < first.length() && same < text.length() && first.charAt(same) == text.charAt(same)) {
            same++;
        }
        return same;
    }
}
