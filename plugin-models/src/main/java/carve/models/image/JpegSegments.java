package carve.models.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The segments of a JPEG file before its pixels: a marker of two bytes, a length that counts itself, and data. */
final class JpegSegments {
    private static final int START_OF_SCAN = 0xFFDA;
    private static final int FIRST_MARKER = 0xFF00;
    private static final int APP1 = 0xFFE1;
    private static final int APP2 = 0xFFE2;
    private static final int HEADER = 4;
    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PROFILE = "ICC_PROFILE\0".getBytes(StandardCharsets.US_ASCII);

    private record Segment(int marker, int begin, int end) {}

    private JpegSegments() {}

    /** Returns the Exif data of a file, if it has some. */
    static Optional<ByteBuffer> exif(byte[] file) {
        return segments(file).stream()
                .filter(segment -> isA(file, segment, APP1, EXIF))
                .findFirst()
                .map(segment -> {
                    int begin = segment.begin + HEADER + EXIF.length;
                    return ByteBuffer.wrap(file).slice(begin, segment.end - begin);
                });
    }

    /** Returns a file without its colour profile; the decoder of the JDK refuses some files whose profile does not fit. */
    static byte[] withoutProfile(byte[] file) {
        List<Segment> profiles = segments(file).stream()
                .filter(segment -> isA(file, segment, APP2, PROFILE))
                .toList();
        if (profiles.isEmpty()) {
            return file;
        }
        ByteArrayOutputStream rest = new ByteArrayOutputStream(file.length);
        int from = 0;
        for (Segment profile : profiles) {
            rest.write(file, from, profile.begin - from);
            from = profile.end;
        }
        rest.write(file, from, file.length - from);
        return rest.toByteArray();
    }

    private static boolean isA(byte[] file, Segment segment, int marker, byte[] name) {
        int begin = segment.begin + HEADER;
        return segment.marker == marker
                && segment.end - begin >= name.length
                && Arrays.equals(file, begin, begin + name.length, name, 0, name.length);
    }

    // as far as they are whole
    private static List<Segment> segments(byte[] file) {
        List<Segment> segments = new ArrayList<>();
        int at = 2;
        while (at + HEADER <= file.length) {
            int marker = word(file, at);
            int end = at + 2 + word(file, at + 2);
            if (marker == START_OF_SCAN || marker < FIRST_MARKER || end < at + HEADER || end > file.length) {
                break;
            }
            segments.add(new Segment(marker, at, end));
            at = end;
        }
        return segments;
    }

    private static int word(byte[] file, int at) {
        return (file[at] & 0xFF) << Byte.SIZE | file[at + 1] & 0xFF;
    }
}
