package carve.models.text;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes a small SentencePiece model in InternLM2's manner: unigram, byte fallback, a space before every text, spaces kept. */
final class SentencePieceModelWriter {
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int NORMAL = 1;
    private static final int BYTE = 6;

    private SentencePieceModelWriter() {}

    /** Writes {@code tokenizer.model}; ids: 0..2 {@code <unk> <s> </s>}, 3..258 bytes, then the words. */
    static Path write(Path folder, String... words) throws IOException {
        List<byte[]> fields = new ArrayList<>();
        fields.add(piece("<unk>", 0, UNKNOWN));
        fields.add(piece("<s>", 0, CONTROL));
        fields.add(piece("</s>", 0, CONTROL));
        for (int value = 0; value < 256; value++) {
            fields.add(piece("<0x%02X>".formatted(value), 0, BYTE));
        }
        for (String word : words) {
            fields.add(piece(word, -1f / word.length(), NORMAL));
        }
        // trainer: unigram (field 3 = 1), byte fallback (field 35 = 1)
        fields.add(message(2, concat(number(3, 1), number(35, 1))));
        // normalizer: named identity, a space before the text (field 3), no removal of spaces (field 4), spaces escaped
        // (field 5)
        fields.add(message(
                3,
                concat(
                        message(1, "identity".getBytes(StandardCharsets.UTF_8)),
                        number(3, 1),
                        number(4, 0),
                        number(5, 1))));
        return Files.write(folder.resolve("tokenizer.model"), concat(fields.toArray(byte[][]::new)));
    }

    private static byte[] piece(String text, float score, int kind) {
        byte[] bits = ByteBuffer.allocate(5)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) (2 << 3 | 5))
                .putFloat(score)
                .array();
        return message(1, concat(message(1, text.getBytes(StandardCharsets.UTF_8)), bits, number(3, kind)));
    }

    private static byte[] message(int field, byte[] content) {
        return concat(varint(field << 3 | 2), varint(content.length), content);
    }

    private static byte[] number(int field, int value) {
        return concat(varint(field << 3), varint(value));
    }

    private static byte[] varint(int value) {
        var out = new ByteArrayOutputStream();
        int rest = value;
        while (rest > 0x7F) {
            out.write(rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
        return out.toByteArray();
    }

    private static byte[] concat(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
