package carve.runtime.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.gguf.GgufFile;
import carve.api.json.Json;
import carve.api.json.JsonObject;
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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that written files are read back bit for bit, and that each malformed file gives one clear error. */
final class GgufTest {
    private static final JsonObject METADATA = Json.parseObject("""
            {"general.architecture": "small", "small.count": 3, "small.negative": -3, "small.huge": 5000000000,
             "small.epsilon": 1.0E-5, "small.flag": true, "small.words": ["a", "Ġb", ""], "small.none": [],
             "small.ids": [1, -2, 3], "small.scores": [0.5, 1]}
            """, "");

    private static final String TYPES =
            "F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ2_XXS, IQ2_XS, IQ3_XXS, IQ1_S, IQ4_NL,"
                    + " IQ3_S, IQ2_S, IQ4_XS, I8, I16, I32, I64, F64, IQ1_M, BF16, TQ1_0, TQ2_0, MXFP4, NVFP4, Q1_0, Q2_0";

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void place() {
        file = folder.resolve("small.gguf");
    }

    private static TensorSource tensors() {
        SplittableRandom random = new SplittableRandom(42);
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        for (DType dtype : List.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0, DType.I32)) {
            TensorType type = new TensorType(dtype, Shape.of(3, 64));
            byte[] bytes = new byte[(int) type.bytes()];
            random.nextBytes(bytes);
            tensors.put(dtype.key(), new TensorData(type, MemorySegment.ofArray(bytes)));
        }
        TensorType odd = TensorType.f32(1, 2, 5);
        tensors.put("odd", new TensorData(odd, MemorySegment.ofArray(new byte[40])));
        return TensorSources.of(tensors);
    }

    @Test
    void whatIsWrittenIsRead() {
        TensorSource tensors = tensors();
        GgufWriter.write(file, METADATA, tensors);
        try (GgufFile read = GgufFile.open(file)) {
            assertEquals(List.copyOf(tensors.names()), List.copyOf(read.names()));
            for (String name : tensors.names()) {
                assertEquals(tensors.type(name), read.type(name), name);
                assertEquals(-1, tensors.data(name).mismatch(read.data(name)), name);
                assertEquals(0, read.data(name).address() % GgufFile.ALIGNMENT, name);
            }
            assertEquals("small", read.architecture());
            assertEquals(METADATA.keys(), read.metadata().keys());
            assertEquals(METADATA.longInteger("small.huge"), read.metadata().longInteger("small.huge"));
            assertEquals(-3, read.metadata().integer("small.negative"));
            assertEquals(1e-5, read.metadata().real("small.epsilon"));
            assertTrue(read.metadata().flag("small.flag"));
            assertEquals(List.of("a", "Ġb", ""), read.metadata().strings("small.words"));
            assertEquals(METADATA.array("small.ids"), read.metadata().array("small.ids"));
            assertEquals("[0.5,1.0]", Json.compact(read.metadata().array("small.scores")));
        }
    }

    /** The extents of a tensor stand in llama.cpp's order, and the magic number in everybody's. */
    @Test
    void bytesAreThoseOfTheFormat() throws IOException {
        TensorType type = TensorType.f32(2, 3);
        GgufWriter.write(
                file,
                JsonObject.empty().with("k", 7),
                TensorSources.of(Map.of("t", new TensorData(type, MemorySegment.ofArray(new float[6])))));
        ByteBuffer expected = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
        expected.put("GGUF".getBytes(StandardCharsets.US_ASCII))
                .putInt(3)
                .putLong(1)
                .putLong(1);
        expected.putLong(1).put((byte) 'k').putInt(4).putInt(7);
        expected.putLong(1)
                .put((byte) 't')
                .putInt(2)
                .putLong(3)
                .putLong(2)
                .putInt(0)
                .putLong(0);
        assertArrayEquals(expected.array(), Files.readAllBytes(file));
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        GgufWriter.write(file, METADATA, tensors());
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length - 24; length += length < 900 ? 1 : 97) {
            Files.write(file, Arrays.copyOf(whole, length));
            String message = refusal();
            assertTrue(message.startsWith(file + ": "), message);
            assertTrue(message.contains("truncated") || length < 4, message);
        }
    }

    @Test
    void noByteOfTheHeadBringsDownMoreThanTheFile() throws IOException {
        GgufWriter.write(file, METADATA, tensors());
        byte[] whole = Files.readAllBytes(file);
        SplittableRandom random = new SplittableRandom(42);
        for (int trial = 0; trial < 300; trial++) {
            byte[] changed = whole.clone();
            changed[random.nextInt(700)] = (byte) random.nextInt(256);
            Files.write(file, changed);
            try (GgufFile read = GgufFile.open(file)) {
                read.names()
                        .forEach(name -> assertEquals(
                                read.type(name).bytes(), read.data(name).toArray(ValueLayout.JAVA_BYTE).length));
            } catch (CheckpointException e) {
                assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
            }
        }
    }

    /** A file of one tensor (4) of F32 by bytes, with a key and so many bytes of values. */
    private void write(int version, String key, int extent, int type, long offset, int values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(GgufFile.MAGIC).putInt(version).putLong(1).putLong(1);
        bytes.putLong(key.length())
                .put(key.getBytes(StandardCharsets.US_ASCII))
                .putInt(4)
                .putInt(48);
        bytes.putLong(1).put((byte) 't').putInt(1).putLong(extent).putInt(type).putLong(offset);
        int head = (bytes.position() + 31) / 32 * 32;
        Files.write(file, Arrays.copyOf(bytes.array(), head + values));
    }

    private String refusal() {
        return assertThrows(CheckpointException.class, () -> GgufFile.open(file))
                .getMessage();
    }

    private void assertRefused(String problem) {
        assertEquals(file + ": " + problem, refusal());
    }

    @Test
    void hostileFilesAreRefused() throws IOException {
        assertRefused("no such file");
        Files.writeString(file, "{\"a\": 1}");
        assertRefused("the file does not begin with GGUF; is this a GGUF file?");
        write(1, "k", 4, 0, 0, 16);
        assertRefused("version 1 is not supported; there are 2 and 3");
        write(3, "k", 32, 9, 0, 40);
        assertRefused("tensor 't': type 9 (Q8_1, which is for activations) is not supported; there are " + TYPES);
        write(3, "k", 32, 31, 0, 18);
        assertRefused("tensor 't': type 31 (Q4_0_4_4, which llama.cpp removed) is not supported; there are " + TYPES);
        write(3, "k", 4, 999, 0, 16);
        assertRefused("tensor 't': type 999 is not supported; there are " + TYPES);
        write(3, "k", 128, 10, 0, 84);
        assertRefused("tensor 't': Q2_K (128): rows lie in blocks, the last extent must be a multiple of 256");
        write(3, "k", 33, 8, 0, 64);
        assertRefused("tensor 't': Q8_0 (33): rows lie in blocks, the last extent must be a multiple of 32");
        write(3, "k", -4, 0, 0, 16);
        assertRefused("tensor 't': extents [-4] are out of range");
        write(3, "k", 4, 0, 16, 32);
        assertRefused("tensor 't': the offset 16 is not a multiple of 32");
        write(3, "k", 4, 0, Long.MAX_VALUE - 31, 16);
        assertTrue(refusal().startsWith(file + ": tensor 't'"), refusal());
        write(3, "general.alignment", 4, 0, 0, 16);
        assertRefused("'general.alignment' must be a power of two up to 1048576, is 48");
        write(2, "k", 4, 0, 0, 16);
        try (GgufFile old = GgufFile.open(file)) {
            assertEquals(
                    file + ": no metadata 'general.architecture'",
                    assertThrows(CheckpointException.class, old::architecture).getMessage());
            assertEquals(
                    file + ": no tensor 'u'; there is 1 other",
                    assertThrows(CheckpointException.class, () -> old.data("u")).getMessage());
        }
    }

    @Test
    void aValueThatGgufLacksLeavesTheFileAsItWas() {
        GgufWriter.write(file, METADATA, tensors());
        var problem = assertThrows(
                CheckpointException.class,
                () -> GgufWriter.write(
                        file, JsonObject.empty().with("k", JsonObject.empty()), TensorSources.of(Map.of())));
        assertEquals("metadata 'k': GGUF has no such value, an object", problem.getMessage());
        try (GgufFile still = GgufFile.open(file)) {
            assertEquals("small", still.architecture(), "what was there before");
        }
    }

    @Test
    void metadataOfVeryManyValuesAreRefused() throws IOException {
        int count = 8 << 20;
        ByteBuffer bytes = ByteBuffer.allocate(64 + count).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(GgufFile.MAGIC).putInt(3).putLong(0).putLong(1);
        bytes.putLong(1).put((byte) 'x').putInt(9).putInt(0).putLong(count);
        Path large = Files.write(folder.resolve("large.gguf"), bytes.array());
        assertEquals(
                large + ": the value of 'x': there are more than 4000000 metadata values, the limit",
                assertThrows(CheckpointException.class, () -> GgufFile.open(large))
                        .getMessage());
    }
}
