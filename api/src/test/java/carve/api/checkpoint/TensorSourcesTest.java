package carve.api.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class TensorSourcesTest {
    private static TensorSource source(String... names) {
        var types = new LinkedHashMap<String, TensorType>();
        for (String name : names) {
            types.put(name, TensorType.f32(5, 2));
        }
        return TensorSources.of(RandomTensors.random(types, 42));
    }

    @Test
    void unionsHoldAllInOrder() {
        var union = TensorSources.union(source("b", "a"), source("c"));
        assertEquals(List.of("b", "a", "c"), List.copyOf(union.names()));
        assertEquals(-1, union.data("c").mismatch(source("c").data("c")));
        assertEquals(
                "tensor 'a' occurs in two sources",
                assertThrows(CheckpointException.class, () -> TensorSources.union(source("a"), source("a")))
                        .getMessage());
    }

    @Test
    void selectionsHoldWhatIsAccepted() {
        var selected =
                TensorSources.select(source("layers.0.a", "layers.1.b", "c"), name -> name.startsWith("layers."));
        assertEquals(Set.of("layers.0.a", "layers.1.b"), selected.names());
        assertEquals(
                "no tensor 'c'; there are 2 others",
                assertThrows(CheckpointException.class, () -> selected.type("c"))
                        .getMessage());
    }

    @Test
    void castsConvertFloatingTensorsOnly() {
        float[] values = {1f, -2.5f, 1 + 0x1p-9f};
        var tensors = new LinkedHashMap<String, TensorData>();
        tensors.put("w", new TensorData(TensorType.f32(3), MemorySegment.ofArray(values)));
        tensors.put("keep", new TensorData(TensorType.f32(3), MemorySegment.ofArray(values)));
        tensors.put("ids", new TensorData(RandomTensors.type(DType.I32, 2), MemorySegment.ofArray(new int[] {7, 8})));
        var cast = TensorSources.cast(TensorSources.of(tensors), name -> name.equals("w") ? DType.BF16 : DType.F32);
        assertEquals(RandomTensors.type(DType.BF16, 3), cast.type("w"));
        assertEquals(TensorType.f32(3), cast.type("keep"));
        assertArrayEquals(new float[] {1f, -2.5f, 1f}, DTypeConversion.floats(DType.BF16, cast.data("w")));
        assertArrayEquals(values, DTypeConversion.floats(DType.F32, cast.data("keep")));
        assertArrayEquals(new int[] {7, 8}, DTypeConversion.ints(DType.I32, cast.data("ids")));
    }

    @Test
    void nothingIsReadBeforeItIsAskedFor() {
        var lazy = TensorSources.of(Map.of("a", TensorType.f32(1)), name -> {
            throw new CheckpointException("read " + name);
        });
        var view = TensorSources.cast(TensorSources.union(lazy), DType.BF16);
        assertEquals(RandomTensors.type(DType.BF16, 1), view.type("a"));
        assertEquals(
                "read a",
                assertThrows(CheckpointException.class, () -> view.data("a")).getMessage());
    }

    @Test
    void valuesAreReadOnly() {
        assertTrue(source("a").data("a").isReadOnly());
    }

    @Test
    void valuesMustBeAsManyAsTheTypeSays() {
        assertEquals(
                "F32 (2, 3) takes 24 bytes, found 20",
                assertThrows(
                                CheckpointException.class,
                                () -> new TensorData(TensorType.f32(2, 3), MemorySegment.ofArray(new float[5])))
                        .getMessage());
    }
}
