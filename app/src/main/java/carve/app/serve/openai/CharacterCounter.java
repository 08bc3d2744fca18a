package carve.app.serve.openai;

/** A counter of the complete characters of a text whose bytes of UTF-8 come in pieces. A byte that fits nothing counts as one. */
final class CharacterCounter {
    private int count;
    private int missing;

    /** Adds bytes, and returns the offset of the character that the first of them is part of. */
    int add(byte... bytes) {
        // a character that was cut short is one replacement character
        boolean cut = bytes.length > 0 && missing > 0 && !isContinuation(bytes[0]);
        int offset = cut ? count + 1 : count;
        for (byte value : bytes) {
            add(value);
        }
        return offset;
    }

    private void add(byte value) {
        if (missing > 0 && isContinuation(value)) {
            missing--;
        } else {
            count += missing > 0 ? 1 : 0;
            missing = length(value) - 1;
        }
        count += missing == 0 ? 1 : 0;
    }

    private static boolean isContinuation(byte value) {
        return (value & 0xC0) == 0x80;
    }

    private static int length(byte lead) {
        int value = lead & 0xFF;
        if (value >= 0xF0 && value < 0xF8) {
            return 4;
        }
        if (value >= 0xE0 && value < 0xF0) {
            return 3;
        }
        return value >= 0xC0 && value < 0xE0 ? 2 : 1;
    }
}
