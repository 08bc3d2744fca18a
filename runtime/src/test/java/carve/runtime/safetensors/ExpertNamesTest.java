package carve.runtime.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.ExpectedTensors;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.NameRule.Part;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Rules for experts: tensors of each expert, fused ones, transposed ones. */
final class ExpertNamesTest {
    private static final NameMap PER_EXPERT =
            NameMap.of(NameRule.stacked("layers.{i}.experts.{e}.w1.weight", "layers.{i}.mlp.experts.gate.weight", 3)
                    .forIndices(0, 2));

    private static void refuses(String message, Executable body) {
        assertEquals(message, assertThrows(CheckpointException.class, body).getMessage());
    }

    private static TensorData numbers(int from, int... extents) {
        TensorType type = new TensorType(DType.I32, Shape.of(extents));
        int[] values = IntStream.range(from, from + (int) type.shape().size()).toArray();
        return new TensorData(type, MemorySegment.ofArray(values));
    }

    private static int[] ints(TensorSource source, String name) {
        return DTypeConversion.ints(DType.I32, source.data(name));
    }

    private static void returns(NameMap names, TensorSource checkpoint) {
        TensorSource back = names.toCheckpoint(names.toModel(checkpoint));
        assertEquals(checkpoint.names(), back.names());
        for (String name : checkpoint.names()) {
            assertEquals(checkpoint.type(name), back.type(name), name);
            assertArrayEquals(ints(checkpoint, name), ints(back, name), name);
        }
    }

    private static TensorSource perExpert() {
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        for (int i = 0; i < 6; i++) {
            tensors.put("layers.%d.experts.%d.w1.weight".formatted(i / 3, i % 3), numbers(10 * i, 2, 4));
        }
        return TensorSources.of(tensors);
    }

    @Test
    void stacksTheTensorsOfAllExperts() {
        TensorSource checkpoint = perExpert();
        TensorSource model = PER_EXPERT.toModel(checkpoint);
        assertEquals(
                Shape.of(3, 2, 4),
                model.type("layers.1.mlp.experts.gate.weight").shape());
        int[] values = ints(model, "layers.1.mlp.experts.gate.weight");
        assertEquals(30, values[0]);
        assertEquals(57, values[23]);
        assertEquals(
                List.of("layers.0.experts.0.w1.weight", "layers.0.experts.1.w1.weight", "layers.0.experts.2.w1.weight"),
                PER_EXPERT.checkpointNames("layers.0.mlp.experts.gate.weight"));
        returns(PER_EXPERT, checkpoint);
    }

    @Test
    void refusesIncompleteAndUnlikeStacks() {
        TensorSource some = TensorSources.select(perExpert(), name -> !name.contains("experts.1"));
        refuses(
                "tensors: 'layers.{0,1}.mlp.experts.gate.weight' cannot be made, it lacks"
                        + " 'layers.{0,1}.experts.1.w1.weight'",
                () -> PER_EXPERT.toModel(some));
        TensorSource unlike = TensorSources.union(
                some,
                TensorSources.of(Map.of("layers.0.experts.1.w1.weight", numbers(0, 2, 5))),
                TensorSources.of(Map.of("layers.1.experts.1.w1.weight", numbers(0, 2, 4))));
        refuses(
                "tensors: 'layers.0.experts.1.w1.weight' is I32 (2, 5) and 'layers.0.experts.0.w1.weight' is I32 (2, 4);"
                        + " the tensors of 'layers.0.mlp.experts.gate.weight' must be alike",
                () -> PER_EXPERT.toModel(unlike));
        refuses(
                "'experts.w1' must have the placeholder {e} and at least 1 tensor, has 3",
                () -> NameRule.stacked("experts.w1", "gate", 3));
        refuses(
                "name map: two rules produce the model name 'gate'",
                () -> NameMap.of(NameRule.stacked("a.{e}", "gate", 1), NameRule.stacked("b.{e}", "gate", 1)));
    }

    @Test
    void namesEachMissingTensorOfAStack() {
        TensorSource some = TensorSources.select(perExpert(), name -> !name.equals("layers.0.experts.2.w1.weight"));
        var expected = new ExpectedTensors(Map.of(
                "layers.0.mlp.experts.gate.weight",
                new TensorType(DType.I32, Shape.of(3, 2, 4)),
                "layers.1.mlp.experts.gate.weight",
                new TensorType(DType.I32, Shape.of(3, 2, 5))));
        String message = assertThrows(CheckpointException.class, () -> expected.verify(some, PER_EXPERT))
                .getMessage();
        assertEquals(
                true,
                message.contains("missing: layers.0.mlp.experts.gate.weight (layers.0.experts.2.w1.weight in the"
                        + " checkpoint) (2, 4)"),
                message);
        assertEquals(true, message.contains("(3, 2, 4), expected (3, 2, 5)"), message);
    }

    @Test
    void splitsRowsAlongTheSecondAxis() {
        NameMap names = NameMap.of(
                NameRule.interleaved("gate_up", 1, 1, new Part("gate", 2), new Part("up", 2)),
                NameRule.interleaved("gate_up_bias", 1, 2, new Part("gate_bias", 1), new Part("up_bias", 1)));
        TensorSource checkpoint =
                TensorSources.of(Map.of("gate_up", numbers(0, 2, 4, 3), "gate_up_bias", numbers(0, 2, 4)));
        TensorSource model = names.toModel(checkpoint);
        assertEquals(Shape.of(2, 2, 3), model.type("up").shape());
        assertArrayEquals(new int[] {6, 7, 8, 9, 10, 11, 18, 19, 20, 21, 22, 23}, ints(model, "up"));
        assertArrayEquals(new int[] {0, 2, 4, 6}, ints(model, "gate_bias"));
        assertArrayEquals(new int[] {1, 3, 5, 7}, ints(model, "up_bias"));
        assertEquals(Shape.of(2, 2), model.type("up_bias").shape());
        TensorSource back = names.toCheckpoint(model);
        for (String name : checkpoint.names()) {
            assertArrayEquals(ints(checkpoint, name), ints(back, name), name);
        }
    }

    @Test
    void exchangesAxes() {
        NameMap names = NameMap.of(
                NameRule.interleaved("gate_up", 1, 2, new Part("gate", 1), new Part("up", 1))
                        .transposed(),
                NameRule.rename("down_{i}", "down.{i}").forIndices(0, 1).transposed());
        TensorSource checkpoint =
                TensorSources.of(Map.of("gate_up", numbers(0, 2, 3, 4), "down_0", numbers(0, 2, 2, 3)));
        TensorSource model = names.toModel(checkpoint);
        assertEquals(Shape.of(2, 2, 3), model.type("gate").shape());
        // gate[e, i, d] = gate_up[e, d, 2 i]
        assertArrayEquals(new int[] {0, 4, 8, 2, 6, 10, 12, 16, 20, 14, 18, 22}, ints(model, "gate"));
        assertEquals(Shape.of(2, 3, 2), model.type("down.0").shape());
        assertArrayEquals(new int[] {0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}, ints(model, "down.0"));
        TensorSource back = names.toCheckpoint(model);
        for (String name : checkpoint.names()) {
            assertEquals(checkpoint.type(name), back.type(name), name);
            assertArrayEquals(ints(checkpoint, name), ints(back, name), name);
        }
        TensorSource vector = TensorSources.of(Map.of("down_0", numbers(0, 3)));
        refuses(
                "tensors: 'down_0' is I32 (3); only tensors of 2 axes or more that are not quantised are transposed",
                () -> names.toModel(vector));
    }
}
