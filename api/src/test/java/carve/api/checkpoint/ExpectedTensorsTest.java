package carve.api.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.NameRule.Part;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ExpectedTensorsTest {
    private static final NameMap NAMES = NameMap.of(
            NameRule.interleaved("enc.{i}.wqkv", 2, new Part("layers.{i}.q", 2), new Part("layers.{i}.k", 1))
                    .forIndices(0, 12),
            NameRule.rename("enc.{i}.wo", "layers.{i}.o").forIndices(0, 12),
            NameRule.rename("same", "same"),
            NameRule.keep("unused"));

    private static TensorSource zeros(Object... namesAndTypes) {
        var types = new LinkedHashMap<String, TensorType>();
        for (int i = 0; i < namesAndTypes.length; i += 2) {
            types.put((String) namesAndTypes[i], (TensorType) namesAndTypes[i + 1]);
        }
        return TensorSources.of(RandomTensors.random(types, 42));
    }

    @Test
    void completeCheckpointsPassWhateverTheirTypes() {
        var expectedTensors =
                new ExpectedTensors(Map.of("layers.0.q", TensorType.f32(4, 5), "layers.0.k", TensorType.f32(2, 5)));
        expectedTensors.verify(zeros("enc.0.wqkv", RandomTensors.type(DType.BF16, 6, 5)), NAMES);
        expectedTensors.verify(
                zeros("enc.0.wqkv", RandomTensors.type(DType.F16, 6, 5), "unused", TensorType.f32(1)), NAMES);
    }

    @Test
    void wholeNumbersAreNoWeights() {
        var expectedTensors = new ExpectedTensors(Map.of("layers.0.o", TensorType.f32(5, 4)));
        assertEquals(
                """
                tensors: dtype mismatch: layers.0.o (enc.0.wo in the checkpoint) is I32, expected floating-point numbers\
                """,
                assertThrows(
                                CheckpointException.class,
                                () -> expectedTensors.verify(
                                        zeros("enc.0.wo", RandomTensors.type(DType.I32, 5, 4)), NAMES))
                        .getMessage());
    }

    @Test
    void everythingThatDoesNotFitIsReportedAtOnce() {
        var expected = new LinkedHashMap<String, TensorType>();
        for (int i : new int[] {0, 1, 2, 10}) {
            expected.put("layers." + i + ".q", TensorType.f32(4, 5));
            expected.put("layers." + i + ".k", TensorType.f32(2, 5));
            expected.put("layers." + i + ".o", TensorType.f32(5, 4));
        }
        expected.put("same", TensorType.f32(3));
        expected.put("ruleless", TensorType.f32(3));
        TensorSource found = zeros(
                "enc.0.wqkv",
                TensorType.f32(6, 5),
                "enc.0.wo",
                TensorType.f32(4, 5),
                "enc.1.wqkv",
                TensorType.f32(5, 5),
                "enc.1.wo",
                TensorType.f32(5, 4),
                "enc.2.wqkv",
                TensorType.f32(6, 7),
                "enc.2.wo",
                TensorType.f32(5, 4),
                "enc.3.wo",
                TensorType.f32(5, 4),
                "stranger",
                TensorType.f32(1),
                "unused",
                TensorType.f32(9),
                "same",
                TensorType.f32(4));
        assertEquals(
                """
                tensors: 4 missing, 2 unexpected, 5 mismatched tensors:
                  missing: layers.10.k (enc.10.wqkv in the checkpoint) (2, 5)
                  missing: layers.10.o (enc.10.wo in the checkpoint) (5, 4)
                  missing: layers.10.q (enc.10.wqkv in the checkpoint) (4, 5)
                  missing: ruleless (3), for which there is no rule
                  unexpected: layers.3.o (enc.3.wo in the checkpoint) (5, 4)
                  unexpected: stranger (1)
                  shape mismatch: 'enc.1.wqkv' is (5, 5), expected 6 rows: 2 times 2 of 'layers.1.q', 1 of 'layers.1.k'
                  shape mismatch: layers.0.o (enc.0.wo in the checkpoint) is (4, 5), expected (5, 4)
                  shape mismatch: layers.2.k (enc.2.wqkv in the checkpoint) is (2, 7), expected (2, 5)
                  shape mismatch: layers.2.q (enc.2.wqkv in the checkpoint) is (4, 7), expected (4, 5)
                  shape mismatch: same is (4), expected (3)\
                """,
                assertThrows(CheckpointException.class, () -> new ExpectedTensors(expected).verify(found, NAMES))
                        .getMessage());
    }
}
