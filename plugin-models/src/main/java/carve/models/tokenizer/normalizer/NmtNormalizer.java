package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.WorkBudget;

/** The removal of control characters, and spaces for other white space, of neural machine translation. */
public record NmtNormalizer() implements Normalizer {
    @Override
    public String normalize(String text, WorkBudget budget) {
        return Characters.map(text, NmtNormalizer::change);
    }

    private static int change(int c) {
        return switch (c) {
            case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD -> ' ';
            case 0x0B, 0x7F, 0x8F, 0x9F -> Characters.REMOVED;
            default -> {
                if (c >= 0x200B && c <= 0x200F) {
                    yield ' ';
                }
                yield c >= 0x01 && c <= 0x08 || c >= 0x0E && c <= 0x1F ? Characters.REMOVED : c;
            }
        };
    }
}
