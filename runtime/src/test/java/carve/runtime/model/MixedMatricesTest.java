package carve.runtime.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The types of matrices in mixes are those that llama.cpp gives. */
final class MixedMatricesTest {
    // of a Q4_K_M file of Gemma 3 270M that llama.cpp wrote
    private static final List<Integer> MORE_OF_18 = List.of(0, 1, 4, 7, 10, 13, 15, 16, 17);

    private static List<String> names(int layers) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            for (String part : List.of("mixer.q_proj.weight", "mixer.v_proj.weight", "mlp.up.weight")) {
                names.add("layers.%d.%s".formatted(i, part));
            }
            names.add("layers.%d.%s".formatted(i, i % 2 == 0 ? "mlp.down.weight" : "mlp.experts.down"));
        }
        return names;
    }

    @Test
    void valuesAndDownProjectionsHaveMoreBitsInSomeLayers() {
        List<String> names = names(18);
        for (QuantisationMix mix : List.of(QuantisationMix.Q4_K_M, QuantisationMix.Q5_K_M)) {
            MixedMatrices mixed = MixedMatrices.of(mix, names);
            for (String name : names) {
                int layer = Integer.parseInt(name.split("\\.")[1]);
                boolean more = (name.contains("v_proj") || name.contains("down")) && MORE_OF_18.contains(layer);
                assertEquals(more ? DType.Q6_K : mix.matrices(), mixed.type(List.of(name)), mix + " " + name);
            }
        }
    }

    @Test
    void layersAreCountedAmongThoseThatHaveThem() {
        List<String> names = IntStream.range(0, 18)
                .mapToObj(i -> "layers.%d.mixer.v_proj.weight".formatted(3 * i))
                .toList();
        MixedMatrices mixed = MixedMatrices.of(QuantisationMix.Q4_K_M, names);
        for (int i = 0; i < 18; i++) {
            DType expected = MORE_OF_18.contains(i) ? DType.Q6_K : DType.Q4_K;
            assertEquals(expected, mixed.type(List.of(names.get(i))), names.get(i));
        }
    }

    @Test
    void aMatrixOfQueriesKeysAndValuesHasOneBitMore() {
        List<String> packed = List.of("layers.5.mixer.q_proj.weight", "layers.5.mixer.v_proj.weight");
        assertEquals(
                DType.Q5_K, MixedMatrices.of(QuantisationMix.Q4_K_M, names(18)).type(packed));
        assertEquals(
                DType.Q6_K, MixedMatrices.of(QuantisationMix.Q5_K_M, names(18)).type(packed));
    }

    @Test
    void rowsThatBlocksDoNotDivideHaveSmallerBlocks() {
        assertEquals(DType.Q4_K, QuantisationMix.fitting(DType.Q4_K, 512));
        assertEquals(DType.Q5_0, QuantisationMix.fitting(DType.Q4_K, 640));
        assertEquals(DType.Q5_1, QuantisationMix.fitting(DType.Q5_K, 640));
        assertEquals(DType.Q8_0, QuantisationMix.fitting(DType.Q6_K, 640));
        assertEquals(DType.Q8_0, QuantisationMix.fitting(DType.Q8_0, 33));
    }

    @Test
    void theOutputMatrixHasMoreBitsAndSoHasAnEmbeddingThatIsTheSame() {
        assertEquals(DType.Q6_K, QuantisationMix.Q4_K_M.output());
        assertEquals(DType.Q4_K, QuantisationMix.Q4_K_M.embedding(false));
        assertEquals(DType.Q6_K, QuantisationMix.Q4_K_M.embedding(true));
        assertEquals(DType.Q8_0, QuantisationMix.Q4_0.embedding(false));
        assertEquals(DType.F16, QuantisationMix.F16.embedding(true));
    }
}
