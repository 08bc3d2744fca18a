package carve.runtime.gguf;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSource;
import carve.api.gguf.GgufFile;
import carve.api.gguf.GgufTensorType;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.runtime.io.FolderTransaction;
import carve.runtime.io.SegmentWriter;
import carve.runtime.safetensors.SafeTensorsWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes GGUF files of version {@value GgufFile#VERSION}, which llama.cpp reads.
 *
 * <p>The format, little-endian throughout; a text is its length in bytes (U64) and UTF-8:
 *
 * <pre>{@code
 * "GGUF"      4 bytes
 * version     U32, 3
 * tensors     U64, their number
 * metadata    U64, their number
 * metadata    key: text; type: U32; value; for each. Types are 0 U8, 1 I8, 2 U16, 3 I16, 4 U32, 5 I32, 6 F32, 7 truth (one
 *             byte, 0 or 1), 8 text, 9 array (type: U32, number: U64, values), 10 U64, 11 I64, 12 F64
 * tensors     name: text; extents: U32, their number, at most 4; U64 for each, that of elements side by side first; type:
 *             U32, 0 F32, 1 F16, 2 Q4_0, 3 Q4_1, 6 Q5_0, 7 Q5_1, 8 Q8_0, 12 Q4_K, 13 Q5_K, 14 Q6_K, 24 to 28 I8, I16, I32, I64, F64, 30 BF16;
 *             offset: U64 from the beginning of values, a multiple of the alignment; for each
 * zeros       up to a multiple of the alignment, which is the metadata's general.alignment, or 32
 * values      of each tensor, with zeros up to a multiple of the alignment after each
 * }</pre>
 *
 * <p>Of the types of metadata this writes: whole numbers as U32, or I64 where that does not hold them; numbers with a point
 * or an exponent as F32; booleans; texts; arrays of texts, of booleans, of whole numbers (I32) and of others (F32). The file
 * appears under its name when it is complete.
 */
public final class GgufWriter {
    private final ByteArrayOutputStream head = new ByteArrayOutputStream();

    private GgufWriter() {}

    /**
     * Writes a file with the tensors of a source, in the source's order.
     *
     * @throws CheckpointException if a value or a tensor has a type that the format or this lacks, or the file cannot be
     *     written; the previous content is unchanged
     */
    public static void write(Path file, JsonObject metadata, TensorSource tensors) {
        byte[] head = new GgufWriter().head(metadata.without(GgufFile.ALIGNMENT_KEY), SafeTensorsWriter.types(tensors));
        Path absolute = file.toAbsolutePath();
        String name = absolute.getFileName().toString();
        try (FolderTransaction folderTransaction = FolderTransaction.begin(absolute.getParent())) {
            try {
                FileChannel channel = folderTransaction.create(name);
                SegmentWriter.write(channel, ByteBuffer.wrap(head));
                for (String tensor : tensors.names()) {
                    write(channel, tensors, tensor);
                }
            } catch (IOException e) {
                throw folderTransaction.failure(name, e);
            }
            folderTransaction.commit();
        }
    }

    private static void write(FileChannel channel, TensorSource tensors, String name) throws IOException {
        long written = 0;
        for (MemorySegment piece : tensors.pieces(name)) {
            SegmentWriter.write(channel, piece);
            written += piece.byteSize();
        }
        SegmentWriter.write(channel, ByteBuffer.allocate((int) (aligned(written) - written)));
    }

    /** Returns the {@code general.file_type} of files whose matrices have this type. */
    public static int fileType(DType dtype) {
        return GgufTensorType.of(dtype)
                .map(GgufTensorType::fileType)
                .filter(number -> number >= 0)
                .orElseThrow(() -> new CheckpointException(Arrays.stream(GgufTensorType.values())
                        .filter(type -> type.fileType() >= 0 && !type.isUnpacked())
                        .map(GgufTensorType::name)
                        .collect(Collectors.joining(", ", "no GGUF files of %s; there are ".formatted(dtype), ""))));
    }

    private static long aligned(long bytes) {
        return (bytes + GgufFile.ALIGNMENT - 1) / GgufFile.ALIGNMENT * GgufFile.ALIGNMENT;
    }

    private byte[] head(JsonObject metadata, Map<String, TensorType> types) {
        integer(GgufFile.MAGIC);
        integer(GgufFile.VERSION);
        longInteger(types.size());
        longInteger(metadata.keys().size());
        metadata.keys().forEach(key -> {
            text(key);
            value(key, metadata.value(key).orElseThrow());
        });
        long offset = 0;
        for (var entry : types.entrySet()) {
            tensor(entry.getKey(), entry.getValue(), offset);
            offset += aligned(entry.getValue().bytes());
        }
        head.writeBytes(new byte[(int) (aligned(head.size()) - head.size())]);
        return head.toByteArray();
    }

    private void tensor(String name, TensorType type, long offset) {
        GgufTensorType number = GgufTensorType.of(type.dtype())
                .orElseThrow(
                        () -> new CheckpointException("tensor '%s': GGUF has no %s".formatted(name, type.dtype())));
        text(name);
        integer(type.shape().rank());
        for (int d = type.shape().rank() - 1; d >= 0; d--) {
            longInteger(type.shape().extent(d));
        }
        integer(number.number());
        longInteger(offset);
    }

    private void value(String key, JsonValue value) {
        switch (value) {
            case JsonBoolean flag -> {
                integer(7);
                head.write(flag.value() ? 1 : 0);
            }
            case JsonNumber number -> number(number);
            case JsonString string -> {
                integer(8);
                text(string.text());
            }
            case JsonArray array -> {
                integer(9);
                array(key, array);
            }
            default ->
                throw new CheckpointException(
                        "metadata '%s': GGUF has no such value, %s".formatted(key, value.describe()));
        }
    }

    private void number(JsonNumber number) {
        if (!isWhole(number)) {
            integer(6);
            real(number);
        } else if (whole(number) >= 0 && whole(number) < 1L << 32) {
            integer(4);
            integer((int) whole(number));
        } else {
            integer(11);
            longInteger(whole(number));
        }
    }

    // 1.0 is written as it is meant: the same key is F32 whatever the value
    private static boolean isWhole(JsonNumber number) {
        return number.text().chars().allMatch(c -> c == '-' || c >= '0' && c <= '9')
                && number.whole().isPresent();
    }

    private static long whole(JsonNumber number) {
        return number.whole().orElseThrow();
    }

    private void array(String key, JsonArray array) {
        if (array.items().stream().allMatch(JsonString.class::isInstance)) {
            integer(8);
            longInteger(array.items().size());
            array.items().forEach(item -> text(((JsonString) item).text()));
            return;
        }
        if (array.items().stream().allMatch(JsonBoolean.class::isInstance)) {
            integer(7);
            longInteger(array.items().size());
            array.items().forEach(item -> head.write(((JsonBoolean) item).value() ? 1 : 0));
            return;
        }
        if (!array.items().stream().allMatch(JsonNumber.class::isInstance)) {
            throw new CheckpointException("metadata '%s': arrays are of texts, booleans or numbers".formatted(key));
        }
        var numbers = array.items().stream().map(JsonNumber.class::cast).toList();
        boolean whole = numbers.stream().allMatch(n -> isWhole(n) && whole(n) == (int) whole(n));
        integer(whole ? 5 : 6);
        longInteger(numbers.size());
        numbers.forEach(n -> {
            if (whole) {
                integer((int) whole(n));
            } else {
                real(n);
            }
        });
    }

    private void real(JsonNumber number) {
        integer(Float.floatToRawIntBits((float) number.real()));
    }

    private void text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        longInteger(bytes.length);
        head.writeBytes(bytes);
    }

    private void integer(int value) {
        head.writeBytes(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    private void longInteger(long value) {
        head.writeBytes(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }
}
