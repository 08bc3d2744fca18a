package carve.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event files are what TensorBoard reads, as this reader of the same formats sees them. */
final class TensorBoardWriterTest {
    @TempDir
    private Path folder;

    /** An event of a file. */
    private record Event(long step, String version, boolean start, Map<String, Float> scalars) {}

    private static List<Event> read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            assertEquals(TensorBoardWriter.maskedCrc(length, 8), in.getInt(), "checksum of the length");
            byte[] data = new byte
                    [Math.toIntExact(ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong())];
            in.get(data);
            assertEquals(TensorBoardWriter.maskedCrc(data, data.length), in.getInt(), "checksum of the data");
            events.add(event(ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN)));
        }
        return events;
    }

    private static Event event(ByteBuffer in) {
        long step = 0;
        String version = "";
        boolean start = false;
        Map<String, Float> scalars = new LinkedHashMap<>();
        while (in.hasRemaining()) {
            switch ((int) varint(in)) {
                case 1 << 3 | 1 -> assertTrue(in.getDouble() > 1e9, "wall time");
                case 2 << 3 -> step = varint(in);
                case 3 << 3 | 2 -> version = text(in);
                case 5 << 3 | 2 -> summary(part(in), scalars);
                case 7 << 3 | 2 -> {
                    ByteBuffer log = part(in);
                    start = varint(log) == (1 << 3) && varint(log) == 1;
                }
                default -> throw new AssertionError("unknown field");
            }
        }
        return new Event(step, version, start, scalars);
    }

    private static void summary(ByteBuffer in, Map<String, Float> scalars) {
        while (in.hasRemaining()) {
            assertEquals(1 << 3 | 2, varint(in), "value");
            ByteBuffer value = part(in);
            assertEquals(1 << 3 | 2, varint(value), "tag");
            String tag = text(value);
            assertEquals(2 << 3 | 5, varint(value), "simple value");
            scalars.put(tag, value.getFloat());
        }
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = in.get();
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }

    private static ByteBuffer part(ByteBuffer in) {
        int length = (int) varint(in);
        ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + length);
        return part;
    }

    private static String text(ByteBuffer in) {
        return StandardCharsets.UTF_8.decode(part(in)).toString();
    }

    private Path only() throws IOException {
        try (var files = Files.list(folder)) {
            return files.reduce((a, b) -> {
                        throw new AssertionError(a + " and " + b);
                    })
                    .orElseThrow();
        }
    }

    @Test
    void scalarsAreReadBack() throws IOException {
        try (TensorBoardWriter file = TensorBoardWriter.create(folder, 0)) {
            file.write(1, Map.of("loss", 450.5));
            Map<String, Double> two = new LinkedHashMap<>();
            two.put("losses/kl@logits", -0.25);
            two.put("größe", 1e-3);
            file.write(300, two);
        }
        assertEquals(
                List.of(
                        new Event(0, "brain.Event:2", false, Map.of()),
                        new Event(1, "", false, Map.of("loss", 450.5f)),
                        new Event(300, "", false, Map.of("losses/kl@logits", -0.25f, "größe", 1e-3f))),
                read(only()));
        assertTrue(
                only().getFileName().toString().matches("events\\.out\\.tfevents\\.\\d{10}\\.carve\\.0"),
                only().toString());
    }

    @Test
    void resumedRunsMakeReadersForgetLaterSteps() throws IOException {
        TensorBoardWriter.create(folder, 41).close();
        assertEquals(
                List.of(new Event(0, "brain.Event:2", false, Map.of()), new Event(42, "", true, Map.of())),
                read(only()));
    }

    @Test
    void filesOfOneSecondHaveDifferentNames() throws IOException {
        TensorBoardWriter.create(folder, 0).close();
        TensorBoardWriter.create(folder, 0).close();
        try (var files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
    }

    // from the TFRecord format: the masked checksum of eight zero bytes
    @Test
    void checksumsAreMasked() {
        assertEquals(Integer.rotateRight(0x8C28B28A, 15) + 0xa282ead8, TensorBoardWriter.maskedCrc(new byte[8], 8));
        assertNotEquals(0x8C28B28A, TensorBoardWriter.maskedCrc(new byte[8], 8));
    }
}
