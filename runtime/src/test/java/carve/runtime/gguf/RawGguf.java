package carve.runtime.gguf;

import carve.api.gguf.GgufFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A GGUF file made byte by byte, with tensors of any type number. */
final class RawGguf {
    private record Tensor(int type, int[] extents, byte[] values) {}

    private final Map<String, Object> metadata = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /** Adds a text, or a whole number of 32 bits. */
    RawGguf with(String key, Object value) {
        metadata.put(key, value);
        return this;
    }

    /** Adds a tensor. */
    RawGguf tensor(String name, int type, byte[] values, int... extents) {
        tensors.put(name, new Tensor(type, extents, values));
        return this;
    }

    /** Writes the file, and returns its path. */
    Path write(Path file) throws IOException {
        var out = new ByteArrayOutputStream();
        integer(out, GgufFile.MAGIC);
        integer(out, GgufFile.VERSION);
        longInteger(out, tensors.size());
        longInteger(out, metadata.size());
        metadata.forEach((key, value) -> {
            text(out, key);
            if (value instanceof Integer number) {
                integer(out, 5);
                integer(out, number);
            } else {
                integer(out, 8);
                text(out, value.toString());
            }
        });
        long offset = 0;
        for (var tensor : tensors.entrySet()) {
            text(out, tensor.getKey());
            integer(out, tensor.getValue().extents().length);
            for (int d = tensor.getValue().extents().length - 1; d >= 0; d--) {
                longInteger(out, tensor.getValue().extents()[d]);
            }
            integer(out, tensor.getValue().type());
            longInteger(out, offset);
            offset += aligned(tensor.getValue().values().length);
        }
        pad(out);
        tensors.values().forEach(tensor -> {
            out.writeBytes(tensor.values());
            pad(out);
        });
        return Files.write(file, out.toByteArray());
    }

    private static void pad(ByteArrayOutputStream out) {
        out.writeBytes(new byte[aligned(out.size()) - out.size()]);
    }

    private static int aligned(int size) {
        return (size + GgufFile.ALIGNMENT - 1) / GgufFile.ALIGNMENT * GgufFile.ALIGNMENT;
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        longInteger(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void integer(ByteArrayOutputStream out, int value) {
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    private static void longInteger(ByteArrayOutputStream out, long value) {
        out.writeBytes(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }
}
