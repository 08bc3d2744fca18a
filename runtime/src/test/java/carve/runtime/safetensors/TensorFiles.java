package carve.runtime.safetensors;

import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Files and tensors for tests of this package. */
public final class TensorFiles {
    private TensorFiles() {}

    static Path fixtures() {
        return Path.of(System.getProperty("carve.fixtures"));
    }

    /** Writes a file with any header and so many bytes of values. */
    static Path file(Path folder, String header, int dataBytes) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return file(folder, text.length, text, dataBytes);
    }

    static Path file(Path folder, long length, byte[] text, int dataBytes) throws IOException {
        var buffer = ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(length).put(text);
        return Files.write(folder.resolve("x.safetensors"), buffer.array());
    }

    static byte[] bytes(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    public static TensorType type(DType dtype, int... extents) {
        return new TensorType(dtype, Shape.of(extents));
    }

    /** Returns tensors with random bytes. */
    public static Map<String, TensorData> random(Map<String, TensorType> types, long seed) {
        var random = new SplittableRandom(seed);
        var tensors = new LinkedHashMap<String, TensorData>();
        types.forEach((name, type) -> {
            byte[] bytes = new byte[(int) type.bytes()];
            random.nextBytes(bytes);
            tensors.put(name, new TensorData(type, MemorySegment.ofArray(bytes)));
        });
        return tensors;
    }

    /** Returns what differs between two sources, empty if nothing: names, types, bits. */
    static String difference(TensorSource a, TensorSource b) {
        if (!a.names().equals(b.names())) {
            return "names " + a.names() + " and " + b.names();
        }
        for (String name : a.names()) {
            if (!a.type(name).equals(b.type(name)) || a.data(name).mismatch(b.data(name)) != -1) {
                return name + " " + a.type(name) + " and " + b.type(name);
            }
        }
        return "";
    }

    public static List<String> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
