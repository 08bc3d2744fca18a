package carve.models.data;

import carve.models.image.RgbImage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** The encoding of images as PNG (ISO 15948): 8-bit RGB, no filter, one compressed chunk; the same bytes every time. */
final class PngEncoder {
    private static final byte[] MAGIC = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final byte[] RGB_8 = {8, 2, 0, 0, 0};

    private PngEncoder() {}

    static byte[] encode(RgbImage image) {
        var file = new ByteArrayOutputStream();
        file.writeBytes(MAGIC);
        chunk(
                file,
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(image.width())
                        .putInt(image.height())
                        .put(RGB_8)
                        .array());
        chunk(file, "IDAT", deflate(rows(image)));
        chunk(file, "IEND", new byte[0]);
        return file.toByteArray();
    }

    /** Puts the filter byte 0 before each row. */
    private static byte[] rows(RgbImage image) {
        byte[] samples = image.samples();
        int rowBytes = image.width() * 3;
        byte[] rows = new byte[image.height() * (rowBytes + 1)];
        for (int y = 0; y < image.height(); y++) {
            System.arraycopy(samples, y * rowBytes, rows, y * (rowBytes + 1) + 1, rowBytes);
        }
        return rows;
    }

    private static byte[] deflate(byte[] rows) {
        try (var deflater = new Deflater()) {
            deflater.setInput(rows);
            deflater.finish();
            byte[] buffer = new byte[8192];
            var result = new ByteArrayOutputStream();
            while (!deflater.finished()) {
                result.write(buffer, 0, deflater.deflate(buffer));
            }
            return result.toByteArray();
        }
    }

    private static void chunk(ByteArrayOutputStream file, String type, byte[] content) {
        byte[] typed = ByteBuffer.allocate(4 + content.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(content)
                .array();
        var crc = new CRC32();
        crc.update(typed);
        file.writeBytes(ByteBuffer.allocate(4).putInt(content.length).array());
        file.writeBytes(typed);
        file.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}
