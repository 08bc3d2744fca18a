package carve.models.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The orientation in the Exif data of a JPEG or PNG file, tag 274: how a camera was held. Broken data has none, as for other
 * readers. Only this tag is looked for, since the data is untrusted and the JDK's TIFF reader would interpret all of it.
 *
 * @param tag 1 for an image that is stored as it is seen, up to 8
 */
record ExifOrientation(int tag) {
    private static final int UPRIGHT = 1;
    private static final int LAST = 8;
    private static final int TAG = 274;
    private static final int SHORT = 3;
    private static final int ENTRY_BYTES = 12;
    private static final int PNG_HEADER = 8;
    private static final int PNG_EXIF = 0x65584966;

    /** Returns the orientation of a file. */
    static ExifOrientation of(byte[] file) {
        try {
            return new ExifOrientation(exif(file)
                    .map(ExifOrientation::tag)
                    .filter(tag -> tag >= UPRIGHT && tag <= LAST)
                    .orElse(UPRIGHT));
        } catch (IndexOutOfBoundsException e) {
            return new ExifOrientation(UPRIGHT);
        }
    }

    private static Optional<ByteBuffer> exif(byte[] file) {
        return switch (file[0] & 0xFF) {
            case 0xFF -> JpegSegments.exif(file);
            case 0x89 -> pngExif(ByteBuffer.wrap(file));
            default -> Optional.empty();
        };
    }

    // chunks are a length, a type, data and a checksum
    private static Optional<ByteBuffer> pngExif(ByteBuffer file) {
        long at = PNG_HEADER;
        while (at + 2L * Integer.BYTES <= file.limit()) {
            int length = file.getInt((int) at);
            if (length < 0) {
                return Optional.empty();
            }
            if (file.getInt((int) at + Integer.BYTES) == PNG_EXIF) {
                return Optional.of(file.slice((int) at + 2 * Integer.BYTES, length));
            }
            at += 3L * Integer.BYTES + length;
        }
        return Optional.empty();
    }

    // a header with the byte order and the place of the first directory, whose entries have tag, type, count and value
    private static int tag(ByteBuffer tiff) {
        tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = tiff.getInt(Integer.BYTES);
        int entries = word(tiff, directory);
        for (int i = 0; i < entries; i++) {
            int entry = directory + Short.BYTES + i * ENTRY_BYTES;
            if (word(tiff, entry) == TAG && word(tiff, entry + Short.BYTES) == SHORT) {
                return word(tiff, entry + 2 * Integer.BYTES);
            }
        }
        return UPRIGHT;
    }

    private static int word(ByteBuffer bytes, int at) {
        return bytes.getShort(at) & 0xFFFF;
    }

    /** Returns an image as it is to be seen. */
    RgbImage apply(RgbImage stored) {
        if (tag == UPRIGHT) {
            return stored;
        }
        boolean turned = tag > 4;
        int width = turned ? stored.height() : stored.width();
        int height = turned ? stored.width() : stored.height();
        byte[] from = stored.raw();
        byte[] samples = new byte[from.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                System.arraycopy(from, source(stored, x, y) * 3, samples, (y * width + x) * 3, 3);
            }
        }
        return RgbImage.wrap(width, height, samples);
    }

    // the number of the stored pixel that is seen at (x, y)
    private int source(RgbImage stored, int x, int y) {
        int right = stored.width() - 1;
        int bottom = stored.height() - 1;
        return switch (tag) {
            case 2 -> y * stored.width() + right - x;
            case 3 -> (bottom - y) * stored.width() + right - x;
            case 4 -> (bottom - y) * stored.width() + x;
            case 5 -> x * stored.width() + y;
            case 6 -> (bottom - x) * stored.width() + y;
            case 7 -> (bottom - x) * stored.width() + right - y;
            case 8 -> x * stored.width() + right - y;
            default -> y * stored.width() + x;
        };
    }
}
