package carve.runtime.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.DTypeConversion;
import carve.api.gguf.GgufFile;
import carve.api.gguf.GgufTensorType;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.runtime.safetensors.SafeTensorsFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that each block format of GGUF is read to the bits that ggml gives. */
final class GgufBlocksTest {
    private static final Path BLOCKS =
            Path.of(System.getProperty("carve.fixtures")).resolve("gguf/blocks");

    @TempDir
    private Path folder;

    static Set<String> types() throws IOException {
        try (Stream<Path> files = Files.list(BLOCKS)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".safetensors"))
                    .map(name -> name.replace(".safetensors", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void everyTypeOfBlocksHasAFixture() throws IOException {
        Set<String> without = Arrays.stream(GgufTensorType.values())
                .filter(type -> type.dtype().isFloating())
                .map(GgufTensorType::name)
                .collect(Collectors.toCollection(TreeSet::new));
        without.removeAll(types());
        assertEquals(Set.of("F32", "F64", "Q2_0"), without);
    }

    @ParameterizedTest
    @MethodSource("types")
    void valuesAreThoseOfGgml(String type) throws IOException {
        try (SafeTensorsFile blocks = SafeTensorsFile.open(BLOCKS.resolve(type + ".safetensors"))) {
            check(blocks, "bytes", "values");
            if (blocks.names().contains("random_bytes")) {
                check(blocks, "random_bytes", "random_values");
            }
        }
    }

    private void check(SafeTensorsFile blocks, String bytes, String values) throws IOException {
        TensorType type = blocks.type(values);
        GgufTensorType stored = GgufTensorType.valueOf(blocks.metadata().get("type"));
        assertEquals(Integer.parseInt(blocks.metadata().get("ggml_type")), stored.number());
        Path file = new RawGguf()
                .tensor(
                        "t",
                        stored.number(),
                        blocks.data(bytes).toArray(ValueLayout.JAVA_BYTE),
                        type.shape().extents())
                .write(folder.resolve("t.gguf"));
        try (GgufFile read = GgufFile.open(file)) {
            assertEquals(stored, read.storedType("t"));
            assertEquals(blocks.type(bytes).bytes(), read.storedBytes("t"));
            assertEquals(type.with(stored.dtype()), read.type("t"));
            assertEquals(read.type("t").bytes(), read.data("t").byteSize());
            assertEquals(!stored.isUnpacked(), read.holds(read.data("t")));
            float[] expected = DTypeConversion.floats(DType.F32, blocks.data(values));
            float[] found = DTypeConversion.floats(stored.dtype(), read.data("t"));
            assertArrayEquals(bits(expected), bits(found), values);
        }
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    /** Many blocks are unpacked by several threads. */
    @Test
    void manyBlocksAreReadAsOneIs() throws IOException {
        try (SafeTensorsFile blocks = SafeTensorsFile.open(BLOCKS.resolve("IQ4_XS.safetensors"))) {
            byte[] once = blocks.data("bytes").toArray(ValueLayout.JAVA_BYTE);
            int times = 3000;
            byte[] often = new byte[once.length * times];
            for (int i = 0; i < times; i++) {
                System.arraycopy(once, 0, often, i * once.length, once.length);
            }
            int elements = (int) blocks.type("values").shape().size();
            Path file = new RawGguf()
                    .tensor("t", GgufTensorType.IQ4_XS.number(), often, times, elements)
                    .write(folder.resolve("t.gguf"));
            try (GgufFile read = GgufFile.open(file)) {
                MemorySegment unpacked = read.data("t");
                long bytes = blocks.type("values").bytes();
                for (int i = 0; i < times; i++) {
                    assertEquals(-1, blocks.data("values").mismatch(unpacked.asSlice(i * bytes, bytes)));
                }
            }
        }
    }

    /** Two bits an element, for which there is no fixture: -1, 0, 1 and 2 times the scale. */
    @Test
    void twoBitIntegersHaveOneScale() throws IOException {
        byte[] block = new byte[18];
        Arrays.fill(block, (byte) 0b11_10_01_00);
        block[0] = 0;
        block[1] = 0x38; // 0.5 as F16
        Path file = new RawGguf()
                .tensor("t", GgufTensorType.Q2_0.number(), block, 64)
                .write(folder.resolve("t.gguf"));
        try (GgufFile read = GgufFile.open(file)) {
            float[] found = DTypeConversion.floats(read.type("t").dtype(), read.data("t"));
            for (int i = 0; i < found.length; i++) {
                assertEquals(0.5f * (i % 4 - 1), found[i]);
            }
        }
    }

    /** Types that devices compute with stay where they lie in the file. */
    @Test
    void typesOfDevicesAreNotCopied() {
        for (GgufTensorType type : GgufTensorType.values()) {
            boolean known =
                    Arrays.stream(DType.values()).anyMatch(dtype -> dtype.name().equals(type.name()));
            assertEquals(!known, type.isUnpacked(), type.name());
            assertTrue(
                    known
                            == GgufTensorType.of(type.dtype())
                                    .filter(type::equals)
                                    .isPresent(),
                    type.name());
        }
    }
}
