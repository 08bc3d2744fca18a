package carve.runtime.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.NameRule.Part;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NameMapTest {
    private static void refuses(String message, Executable body) {
        assertEquals(message, assertThrows(CheckpointException.class, body).getMessage());
    }

    private static TensorData ints(int... rows) {
        return new TensorData(TensorFiles.type(DType.I32, rows.length), MemorySegment.ofArray(rows));
    }

    private static int[] ints(TensorSource source, String name) {
        return DTypeConversion.ints(DType.I32, source.data(name));
    }

    /** The layout of the tiny fixtures: 2 embedding layers, 4 more, 4 heads and 2 key-value heads of 16. */
    private static NameMap official(Set<Integer> attention) {
        var rules = new ArrayList<NameRule>();
        layers(rules, "embedding_model.encoder.{i}.", "layers.{i}.", 0, 2, attention);
        layers(rules, "language_model.model.layers.{i}.", "layers.{i+2}.", 2, 4, attention);
        for (String name : new String[] {
            "vision_embeddings.patch_embedding.weight",
            "vision_embeddings.patch_embedding.bias",
            "vision_embeddings.position_embedding",
            "pixel_shuffle_proj.0.weight",
            "pixel_shuffle_proj.0.bias",
            "pixel_shuffle_proj.2.weight",
            "pixel_shuffle_proj.2.bias",
            "llm_text_embeddings.weight"
        }) {
            rules.add(NameRule.rename("embedding_model." + name, "embed." + name));
        }
        rules.add(NameRule.keep("embedding_model.vision_embeddings.class_embedding"));
        rules.add(NameRule.keep("language_model.model.tok_embeddings.weight"));
        rules.add(NameRule.rename("language_model.model.norm.weight", "final_norm.weight"));
        rules.add(NameRule.rename("language_model.output.weight", "output.weight"));
        return NameMap.of(rules);
    }

    private static void layers(
            List<NameRule> rules, String from, String to, int moved, int count, Set<Integer> attention) {
        var soft = new ArrayList<Integer>();
        var mamba = new ArrayList<Integer>();
        var all = new ArrayList<Integer>();
        for (int i = 0; i < count; i++) {
            (attention.contains(i + moved) ? soft : mamba).add(i);
            all.add(i);
        }
        String mixer = to + "mixer.";
        rules.add(NameRule.interleaved(
                        from + "attention.wqkv.weight",
                        2,
                        new Part(mixer + "q_proj.weight", 32),
                        new Part(mixer + "k_proj.weight", 16),
                        new Part(mixer + "v_proj.weight", 16))
                .forIndices(soft));
        rules.add(NameRule.rename(from + "attention.wo.weight", mixer + "o_proj.weight")
                .forIndices(soft));
        rules.add(NameRule.concatenated(
                        from + "attention.wvkqgdt.weight",
                        new Part(mixer + "v_proj.weight", 32),
                        new Part(mixer + "k_proj.weight", 32),
                        new Part(mixer + "q_proj.weight", 64),
                        new Part(mixer + "g_proj.weight", 64),
                        new Part(mixer + "in_proj.weight", 4))
                .forIndices(mamba));
        for (String name : new String[] {
            "A_log_bias", "dt_bias", "conv1d.weight", "conv1d.bias", "o_proj.weight", "g_norm_swish_gate.weight"
        }) {
            rules.add(NameRule.rename(from + "attention." + name, mixer + name).forIndices(mamba));
        }
        for (String name : new String[] {
            "attention_norm.weight",
            "ffn_norm.weight",
            "feed_forward.w1.weight",
            "feed_forward.w2.weight",
            "feed_forward.w3.weight"
        }) {
            rules.add(NameRule.rename(from + name, to + name).forIndices(all));
        }
    }

    @ParameterizedTest
    @CsvSource({"hovle_tiny,'0 1 2 3 4 5'", "mmmamba_linear_tiny,''", "mmmamba_hybrid_tiny,'0 2'"})
    void officialLayoutsThereAndBackAreTheSameBits(String folder, String attention) {
        var layers = Set.copyOf(
                attention.isEmpty()
                        ? List.of()
                        : List.of(attention.split(" ")).stream()
                                .map(Integer::valueOf)
                                .toList());
        NameMap names = official(layers);
        try (Checkpoint checkpoint = Checkpoint.open(TensorFiles.fixtures().resolve(folder))) {
            assertEquals(checkpoint.names(), names.checkpointNames());
            TensorSource model = names.toModel(checkpoint);
            assertEquals(names.modelNames(), model.names());
            assertEquals("", TensorFiles.difference(checkpoint, names.toCheckpoint(model)));
            assertEquals(TensorFiles.type(DType.F32, 64, 64), model.type("layers.5.mixer.q_proj.weight"));
            assertEquals(
                    -1,
                    checkpoint
                            .data("language_model.model.layers.3.ffn_norm.weight")
                            .mismatch(model.data("layers.5.ffn_norm.weight")));
        }
    }

    @Test
    void groupedRowsAreHeadMajor() {
        NameMap names =
                NameMap.of(NameRule.interleaved("wqkv", 2, new Part("q", 2), new Part("k", 1), new Part("v", 1)));
        var checkpoint = TensorSources.of(Map.of("wqkv", ints(0, 1, 10, 20, 2, 3, 11, 21)));
        TensorSource model = names.toModel(checkpoint);
        assertArrayEquals(new int[] {0, 1, 2, 3}, ints(model, "q"));
        assertArrayEquals(new int[] {10, 11}, ints(model, "k"));
        assertArrayEquals(new int[] {20, 21}, ints(model, "v"));
        assertArrayEquals(new int[] {0, 1, 10, 20, 2, 3, 11, 21}, ints(names.toCheckpoint(model), "wqkv"));
        assertEquals(2, model.pieces("q").size());
        assertEquals(6, names.toCheckpoint(model).pieces("wqkv").size());
    }

    @Test
    void contiguousRowsAreSlicesOfTheCheckpoint() {
        NameMap names = NameMap.of(NameRule.concatenated("wvk", new Part("v", 2), new Part("k", 3)));
        MemorySegment data = MemorySegment.ofArray(new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
        TensorSource model =
                names.toModel(TensorSources.of(Map.of("wvk", new TensorData(TensorFiles.type(DType.I32, 5, 2), data))));
        assertEquals(TensorFiles.type(DType.I32, 3, 2), model.type("k"));
        data.set(ValueLayout.JAVA_INT, 16, 55);
        assertArrayEquals(new int[] {55, 6, 7, 8, 9, 10}, ints(model, "k"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 13})
    void randomLayoutsThereAndBackAreTheSameBits(int extent) {
        var types = new LinkedHashMap<String, TensorType>();
        types.put("fused", TensorFiles.type(DType.BF16, 5 * (extent + 3), 3, extent));
        types.put("bias", TensorFiles.type(DType.F32, 2 * extent + 1));
        types.put("a.7", TensorFiles.type(DType.U8));
        types.put("kept", TensorFiles.type(DType.I64, extent, 0));
        var source = TensorSources.of(TensorFiles.random(types, 42));
        NameMap names = NameMap.of(
                NameRule.interleaved("fused", 5, new Part("x", extent), new Part("y", 1), new Part("z", 2)),
                NameRule.concatenated("bias", new Part("b1", extent), new Part("b2", extent + 1)),
                NameRule.rename("a.{i}", "m.{i-5}.a").forIndices(5, 9),
                NameRule.keep("kept"),
                NameRule.keep("absent"));
        TensorSource model = names.toModel(source);
        assertEquals(Set.of("x", "y", "z", "b1", "b2", "m.2.a", "kept"), model.names());
        assertEquals("", TensorFiles.difference(source, names.toCheckpoint(model)));
    }

    @Test
    void namesMapBothWays() {
        NameMap names = official(Set.of(0, 2));
        assertEquals(
                List.of("layers.2.mixer.q_proj.weight", "layers.2.mixer.k_proj.weight", "layers.2.mixer.v_proj.weight"),
                names.modelNames("language_model.model.layers.0.attention.wqkv.weight"));
        assertEquals(
                "embedding_model.encoder.1.attention.wvkqgdt.weight",
                names.checkpointName("layers.1.mixer.k_proj.weight"));
        assertEquals(
                List.of("language_model.model.tok_embeddings.weight"),
                names.modelNames("language_model.model.tok_embeddings.weight"));
        assertEquals(
                Set.of(
                        "language_model.model.tok_embeddings.weight",
                        "embedding_model.vision_embeddings.class_embedding"),
                names.keptNames());
        refuses(
                "no rule for the checkpoint tensor 'language_model.output.weights'; "
                        + "did you mean 'language_model.output.weight'?",
                () -> names.modelNames("language_model.output.weights"));
        refuses("no rule for the model tensor 'nothing'", () -> names.checkpointName("nothing"));
        assertTrue(names.rules().contains(NameRule.keep("language_model.model.tok_embeddings.weight")));
    }

    @Test
    void ambiguousRulesAreAllReported() {
        refuses(
                """
                name map: 3 problems:
                  two rules produce the checkpoint name 'a'
                  two rules produce the model name 'layers.{2,3}.w'""",
                () -> NameMap.of(
                        NameRule.rename("a", "x"),
                        NameRule.rename("a", "y"),
                        NameRule.rename("e.{i}", "layers.{i}.w").forIndices(0, 4),
                        NameRule.rename("l.{i}", "layers.{i+2}.w").forIndices(0, 4)));
        refuses(
                "name map: two rules produce the model name 'q'",
                () -> NameMap.of(NameRule.concatenated("a", new Part("q", 1), new Part("q", 2))));
        refuses(
                "name map: two rules produce the model name 'k'",
                () -> NameMap.of(NameRule.keep("k"), NameRule.rename("x", "k")));
    }

    @Test
    void placeholdersAndIndicesGoTogether() {
        refuses(
                "name map: 'b' must have the placeholder once, as the other names of its rule",
                () -> NameMap.of(NameRule.rename("a.{i}", "b").forIndices(0, 2)));
        refuses(
                "name map: 'b.{i}.{i}' must have the placeholder once, as the other names of its rule",
                () -> NameMap.of(NameRule.rename("a.{i}", "b.{i}.{i}").forIndices(0, 2)));
        refuses(
                "name map: 'a' has indices and no placeholder",
                () -> NameMap.of(NameRule.rename("a", "b").forIndices(0, 2)));
        refuses(
                "name map: 'a.{j}': the placeholder is {i}, {i+1} or {i-1}",
                () -> NameMap.of(NameRule.rename("a.{j}", "b.{i}").forIndices(0, 2)));
        refuses(
                "name map: 'b.{i-1}' becomes negative for the index 0",
                () -> NameMap.of(NameRule.rename("a.{i}", "b.{i-1}").forIndices(0, 2)));
        assertEquals(
                Set.of(),
                NameMap.of(NameRule.rename("a.{i}", "b.{i}").forIndices(List.of()))
                        .modelNames());
    }

    @Test
    void emptyPartsAndGroupsAreRefused() {
        refuses("'q' must have at least 1 row, has 0", () -> new Part("q", 0));
        refuses(
                "name map: 'a' has 4294967294 rows, the limit is 2147483647",
                () -> NameMap.of(NameRule.interleaved("a", 2, new Part("q", Integer.MAX_VALUE))));
        refuses("'a' must have at least 1 group, has 0", () -> NameRule.interleaved("a", 0, new Part("q", 1)));
    }

    @Test
    void tensorsOutsideTheLayoutAreAllReported() {
        NameMap names = NameMap.of(
                NameRule.concatenated("f", new Part("q", 2), new Part("k", 2)),
                NameRule.rename("w", "w2"),
                NameRule.interleaved("g", 2, new Part("gq", 2), new Part("gk", 1)));
        var tensors = new LinkedHashMap<String, TensorData>();
        tensors.put("strange", ints(1));
        tensors.put("f", ints(1, 2, 3));
        tensors.put("g", ints(1, 2, 3));
        tensors.put("w", ints(1));
        refuses("""
                tensors: 3 problems:
                  'f' is (3), expected 4 rows: 2 of 'q', 2 of 'k'
                  'g' is (3), expected 6 rows: 2 times 2 of 'gq', 1 of 'gk'
                  no rule for the checkpoint tensor 'strange'""", () -> names.toModel(TensorSources.of(tensors)));
    }

    @Test
    void modelsThatDoNotFillTheLayoutAreAllReported() {
        NameMap names = NameMap.of(
                NameRule.concatenated("f", new Part("q", 2), new Part("k", 2)),
                NameRule.concatenated("g", new Part("gq", 2), new Part("gk", 2), new Part("gv", 1)),
                NameRule.concatenated("h", new Part("hq", 2), new Part("hk", 2)));
        var tensors = new LinkedHashMap<String, TensorData>();
        tensors.put("q", ints(1, 2, 3));
        tensors.put("k", ints(1, 2));
        tensors.put("gq", ints(1, 2));
        tensors.put("hq", ints(1, 2));
        tensors.put("hk", new TensorData(TensorType.f32(2), MemorySegment.ofArray(new float[] {1, 2})));
        tensors.put("strange", ints(1));
        refuses("""
                tensors: 4 problems:
                  'g' cannot be made, it lacks 'gk', 'gv'
                  'hq' is I32 (2) and 'hk' is F32 (2); rows of 'h' must be alike
                  'q' is (3), expected 2 rows in 'f'
                  no rule for the model tensor 'strange'""", () -> names.toCheckpoint(TensorSources.of(tensors)));
    }

    @Test
    void absentTensorsAreAbsentOnTheOtherSide() {
        NameMap names = NameMap.of(NameRule.rename("a", "x"), NameRule.rename("b", "y"));
        assertEquals(
                Set.of("x"),
                names.toModel(TensorSources.of(Map.of("a", ints(1)))).names());
        assertEquals(
                Set.of("b"),
                names.toCheckpoint(TensorSources.of(Map.of("y", ints(1)))).names());
    }
}
