package carve.runtime.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.checkpoint.DTypeConversion;
import carve.api.tensor.BlockQuantisation;
import carve.api.tensor.DType;
import carve.runtime.safetensors.SafeTensorsFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Blocks have the bits that ggml gives them, and stand for the values that ggml reads, for every quantised type. */
final class BlockFixturesTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"), "gguf", "blocks");

    static Stream<DType> types() {
        return Arrays.stream(DType.values()).filter(DType::isQuantised);
    }

    @ParameterizedTest
    @MethodSource("types")
    void blocksStandForTheValuesOfGgml(DType dtype) {
        try (SafeTensorsFile file = SafeTensorsFile.open(FIXTURES.resolve(dtype + ".safetensors"))) {
            for (String kind : new String[] {"", "random_"}) {
                float[] expected = DTypeConversion.floats(DType.F32, file.data(kind + "values"));
                float[] actual = DTypeConversion.floats(dtype, file.data(kind + "bytes"));
                assertEquals(expected.length, actual.length);
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], actual[i], dtype + " " + kind + i);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void quantisingGivesTheBytesOfGgml(DType dtype) {
        try (SafeTensorsFile file = SafeTensorsFile.open(FIXTURES.resolve(dtype + ".safetensors"))) {
            float[] source = DTypeConversion.floats(DType.F32, file.data("source"));
            byte[] expected = file.data("bytes").toArray(ValueLayout.JAVA_BYTE);
            byte[] actual = new byte[expected.length];
            int blocks = source.length / dtype.blockElements();
            BlockQuantisation.write(source, 0, blocks, dtype, MemorySegment.ofArray(actual), 0);
            assertArrayEquals(expected, actual);
        }
    }
}
