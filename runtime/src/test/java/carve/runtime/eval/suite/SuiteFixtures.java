package carve.runtime.eval.suite;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/** Makes small files of suites, and answers to their questions. */
final class SuiteFixtures {
    private SuiteFixtures() {}

    /** Returns an image of one colour, 16 by 16, as PNG. */
    static byte[] png(int colour) throws IOException {
        byte[] row = new byte[1 + 16 * 3];
        for (int x = 0; x < 16; x++) {
            row[1 + 3 * x] = (byte) (colour >> 16);
            row[2 + 3 * x] = (byte) (colour >> 8);
            row[3 + 3 * x] = (byte) colour;
        }
        ByteArrayOutputStream pixels = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(pixels)) {
            for (int y = 0; y < 16; y++) {
                deflater.write(row);
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        chunk(out, "IHDR", new byte[] {0, 0, 0, 16, 0, 0, 0, 16, 8, 2, 0, 0, 0});
        chunk(out, "IDAT", pixels.toByteArray());
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] data) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        out.write(ByteBuffer.allocate(Integer.BYTES).putInt(data.length).array());
        out.write(name);
        out.write(data);
        out.write(
                ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array());
    }

    static String base64(int colour) throws IOException {
        return Base64.getEncoder().encodeToString(png(colour));
    }

    /** Writes a file, with its folders. */
    static Path write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    /** Writes pictures, with their folders. */
    static void pictures(Path folder, String... names) throws IOException {
        for (String name : names) {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.write(file, png(name.hashCode()));
        }
    }

    static SuiteData source(Path data) {
        return new SuiteData(data, Optional.empty(), "");
    }

    /** Answers each question by its id. */
    static List<Prediction> answers(List<Question> items, Function<String, String> byId) {
        return items.stream()
                .map(item -> new Prediction(item, byId.apply(item.id())))
                .toList();
    }
}
