package carve.models.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The tensors of {@code preprocess/pixels.safetensors} and the pictures beside it. */
final class Fixtures {
    private static final Pattern ENTRY = Pattern.compile(
            "\"([^\"]+)\":\\s*\\{\"dtype\":\\s*\"(\\w+)\",\\s*\"shape\":\\s*\\[([^]]*)],\\s*\"data_offsets\":\\s*\\[(\\d+),\\s*(\\d+)]}");

    private final Map<String, Entry> entries = new TreeMap<>();
    private final ByteBuffer data;

    record Entry(String shape, int from, int to) {
        int[] extents() {
            return Pattern.compile(",\\s*").splitAsStream(shape).mapToInt(Integer::parseInt).toArray();
        }
    }

    Fixtures() {
        try {
            data = ByteBuffer.wrap(Files.readAllBytes(folder().resolve("pixels.safetensors"))).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int header = (int) data.getLong(0);
        var matcher = ENTRY.matcher(new String(data.array(), 8, header, StandardCharsets.UTF_8));
        while (matcher.find()) {
            int base = 8 + header;
            entries.put(matcher.group(1), new Entry(matcher.group(3),
                    base + Integer.parseInt(matcher.group(4)), base + Integer.parseInt(matcher.group(5))));
        }
    }

    static Path folder() {
        return Path.of(System.getProperty("carve.fixtures", "../fixtures"), "preprocess");
    }

    static RgbImage image(String name) {
        return ImageDecoder.standard().read(folder().resolve(name + ".png"));
    }

    List<String> names(String prefix) {
        return entries.keySet().stream().filter(name -> name.startsWith(prefix)).toList();
    }

    int[] extents(String name) {
        return entries.get(name).extents();
    }

    byte[] bytes(String name) {
        Entry entry = entries.get(name);
        return Arrays.copyOfRange(data.array(), entry.from, entry.to);
    }

    float[] floats(String name) {
        Entry entry = entries.get(name);
        float[] result = new float[(entry.to - entry.from) / 4];
        data.slice(entry.from, entry.to - entry.from).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(result);
        return result;
    }

    double[] doubles(String name) {
        Entry entry = entries.get(name);
        double[] result = new double[(entry.to - entry.from) / 8];
        data.slice(entry.from, entry.to - entry.from).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(result);
        return result;
    }
}
