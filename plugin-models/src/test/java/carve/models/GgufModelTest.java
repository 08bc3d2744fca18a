package carve.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.device.ReferenceDevice;
import carve.api.gguf.GgufFile;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.param.Selector;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.mamba2.PlainMamba2Provider;
import carve.models.decoder.DecoderFamily;
import carve.models.hovle.HovleFamily;
import carve.models.mamba2.Mamba2Family;
import carve.models.text.TextException;
import carve.runtime.gguf.GgufWriter;
import carve.runtime.model.GgufModels;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.QuantisationConfig;
import carve.runtime.model.QuantisationMix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models go to GGUF and come back with the same values; what llama.cpp wants of the file is in it. */
final class GgufModelTest {
    private static final List<ModelFamily> FAMILIES =
            List.of(new DecoderFamily(), new HovleFamily(), new Mamba2Family());
    private static final MixerCatalog MIXERS = OfficialMixers.attentionAnd(new PlainMamba2Provider());

    private static final String MAMBA = """
            {"d_model": 32, "n_layer": 2, "vocab_size": 11, "rms_norm": true, "pad_vocab_size_multiple": 4,
             "ssm_cfg": {"layer": "Mamba2", "headdim": 16, "ngroups": 2, "d_state": 8}, "tie_embeddings": true}
            """;
    private static final String LLAMA = """
            {"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32, "vocab_size": 12,
             "max_position_embeddings": 128, "rope_theta": 50000.0, "attention_bias": true}
            """;

    @TempDir
    private Path folder;

    private Path model(String config) throws IOException {
        Files.createDirectories(folder.resolve("empty"));
        Files.writeString(folder.resolve("empty/config.json"), config);
        Path to = folder.resolve("model");
        try (ReferenceDevice device = new ReferenceDevice();
                ModelFolder empty = ModelFolder.open(folder.resolve("empty"), FAMILIES, MIXERS);
                LoadedModel model = empty.initial(device, 42)) {
            empty.save(model, to);
        }
        return to;
    }

    private Path export(Path from, QuantisationMix mix) {
        Path file = folder.resolve("model.gguf");
        try (ModelFolder model = ModelFolder.open(from, FAMILIES, MIXERS)) {
            GgufModels.export(model, file, mix);
        }
        return file;
    }

    /** The tensors by the model's names, which both sides share. */
    private void assertComesBack(String config, QuantisationMix mix, double tolerance) throws IOException {
        Path from = model(config);
        Path file = export(from, mix);
        try (ModelFolder before = ModelFolder.open(from, FAMILIES, MIXERS);
                ModelFolder after = ModelFolder.open(file, FAMILIES, MIXERS)) {
            TensorSource expected = before.tensors();
            TensorSource actual = after.tensors();
            assertEquals(new TreeSet<>(expected.names()), new TreeSet<>(actual.names()));
            assertEquals(before.spec().head().tied(), after.spec().head().tied());
            assertEquals(before.spec().layers(), after.spec().layers());
            for (String name : expected.names()) {
                boolean matrix = expected.type(name).shape().rank() == 2;
                assertEquals(
                        matrix ? mix.matrices() : DType.F32, actual.type(name).dtype(), name);
                assertArrayEquals(
                        DTypeConversion.doubles(DType.F32, expected.data(name)),
                        DTypeConversion.doubles(actual.type(name).dtype(), actual.data(name)),
                        name.endsWith("A_log") ? 1e-6 : matrix ? tolerance : 0,
                        name);
            }
        }
    }

    @Test
    void mambaComesBack() throws IOException {
        assertComesBack(MAMBA, QuantisationMix.F32, 0);
        assertComesBack(MAMBA, QuantisationMix.BF16, 1e-2);
        assertComesBack(MAMBA, QuantisationMix.Q8_0, 1e-2);
    }

    @Test
    void llamaComesBack() throws IOException {
        assertComesBack(LLAMA, QuantisationMix.F32, 0);
        assertComesBack(LLAMA, QuantisationMix.Q8_0, 1e-2);
        assertComesBack(LLAMA, QuantisationMix.Q4_0, 5e-2);
    }

    /** Types are those of llama.cpp, which takes blocks of 32 where rows are no multiple of 256. */
    @Test
    void mixesHaveTheTypesOfLlamaCpp() throws IOException {
        String wide = LLAMA.replace("\"intermediate_size\": 96", "\"intermediate_size\": 256");
        Path file = export(model(wide), QuantisationMix.Q4_K_M);
        try (GgufFile ggufFile = GgufFile.open(file)) {
            assertEquals(15, ggufFile.metadata().integer("general.file_type"));
            assertEquals(DType.Q5_0, ggufFile.type("token_embd.weight").dtype());
            assertEquals(DType.Q8_0, ggufFile.type("output.weight").dtype());
            assertEquals(DType.Q5_0, ggufFile.type("blk.0.attn_q.weight").dtype());
            assertEquals(DType.Q5_0, ggufFile.type("blk.0.attn_v.weight").dtype());
            assertEquals(DType.Q8_0, ggufFile.type("blk.1.attn_v.weight").dtype());
            assertEquals(DType.Q4_K, ggufFile.type("blk.0.ffn_down.weight").dtype());
            assertEquals(DType.Q6_K, ggufFile.type("blk.1.ffn_down.weight").dtype());
            assertEquals(DType.F32, ggufFile.type("blk.0.attn_norm.weight").dtype());
        }
        try (ModelFolder read = ModelFolder.open(file, FAMILIES, MIXERS)) {
            QuantisationConfig again = new QuantisationConfig(
                    QuantisationMix.Q4_K_M, Map.of(), Selector.of(QuantisationConfig.UNQUANTISED));
            again.types(read)
                    .forEach((name, dtype) ->
                            assertEquals(read.checkpoint().type(name).dtype(), dtype, name));
        }
    }

    /** The file has llama.cpp's names, extents and keys; A is there and not its logarithm. */
    @Test
    void mambaFilesAreThoseOfLlamaCpp() throws IOException {
        Path file = export(model(MAMBA), QuantisationMix.F16);
        try (GgufFile ggufFile = GgufFile.open(file)) {
            assertEquals("mamba2", ggufFile.architecture());
            assertEquals(4, ggufFile.metadata().integer("mamba2.ssm.time_step_rank"));
            assertEquals(64, ggufFile.metadata().integer("mamba2.ssm.inner_size"));
            assertEquals(1, ggufFile.metadata().integer("general.file_type"));
            assertEquals("none", ggufFile.metadata().string("tokenizer.ggml.model"));
            assertEquals(Shape.of(4, 1), ggufFile.type("blk.1.ssm_a").shape());
            assertEquals(Shape.of(2, 32), ggufFile.type("blk.1.ssm_norm.weight").shape());
            assertEquals(DType.F32, ggufFile.type("blk.1.ssm_norm.weight").dtype());
            assertEquals(
                    Shape.of(96, 4), ggufFile.type("blk.1.ssm_conv1d.weight").shape());
            assertEquals(DType.F16, ggufFile.type("token_embd.weight").dtype());
            for (double a : DTypeConversion.doubles(DType.F32, ggufFile.data("blk.0.ssm_a"))) {
                assertEquals(-8.5, a, 7.51);
            }
        }
    }

    /** Row 1 of the first head of queries in a file is the first of that head's second half. */
    @Test
    void queriesLieInPairs() throws IOException {
        Path from = model(LLAMA);
        Path file = export(from, QuantisationMix.F32);
        try (GgufFile ggufFile = GgufFile.open(file);
                ModelFolder model = ModelFolder.open(from, FAMILIES, MIXERS)) {
            double[] theirs = DTypeConversion.doubles(DType.F32, ggufFile.data("blk.0.attn_q.weight"));
            double[] ours = DTypeConversion.doubles(
                    DType.F32, model.checkpoint().data("model.layers.0.self_attn.q_proj.weight"));
            assertEquals(ours[16 * 64 + 5], theirs[64 + 5]);
            assertEquals(ours[(32 + 2) * 64 + 5], theirs[(32 + 4) * 64 + 5]);
            assertEquals(50000, ggufFile.metadata().real("llama.rope.freq_base"));
        }
    }

    @Test
    void whatLlamaCppLacksIsRefused() throws IOException {
        Path hugging = model("""
                {"model_type": "mamba2", "hidden_size": 32, "num_hidden_layers": 1, "vocab_size": 11, "num_heads": 4,
                 "head_dim": 16, "n_groups": 2, "state_size": 8, "use_conv_bias": false}
                """);
        assertEquals(
                hugging + ": GGUF architecture mamba2 does not support a convolution without a bias",
                assertThrows(CheckpointException.class, () -> export(hugging, QuantisationMix.F32))
                        .getMessage());
        Path llama = model(LLAMA);
        Files.writeString(llama.resolve("tokenizer.json"), "{\"model\": {\"type\": \"Unigram\"}}");
        assertEquals(
                "tokenizer %s: exporting the model 'Unigram' to GGUF is not supported; supported: BPE"
                        .formatted(llama.resolve("tokenizer.json")),
                assertThrows(TextException.class, () -> export(llama, QuantisationMix.F32))
                        .getMessage());
        Files.delete(llama.resolve("tokenizer.json"));
    }

    @Test
    void strangersAreRefused() throws IOException {
        Path file = folder.resolve("strange.gguf");
        JsonObject keys = JsonObject.empty().with("general.architecture", "whale");
        GgufWriter.write(file, keys, TensorSources.of(Map.of()));
        assertEquals(
                file
                        + ": no installed model family reads GGUF files of the architecture 'whale'; supported: command-r, gemma,"
                        + " gemma2, gemma3, glm4, gpt2, gptneox, granite, granitehybrid, llama, mamba2, nemotron, olmo2,"
                        + " phi3, qwen2, qwen3, qwen3moe, smollm3, stablelm, starcoder2",
                refusal(file));
        keys = JsonObject.empty().with("general.architecture", "llama");
        GgufWriter.write(file, keys, TensorSources.of(Map.of()));
        assertEquals(file + ": llama.block_count: expected an integer, found no such key", refusal(file));
    }

    /** No part of a file is passed over: keys and tensors that no one reads are refused by name, all of them. */
    @Test
    void whatNobodyReadsIsRefused() throws IOException {
        for (String config : List.of(MAMBA, LLAMA)) {
            Path file = export(model(config), QuantisationMix.F32);
            Path changed = folder.resolve("changed.gguf");
            try (GgufFile before = GgufFile.open(file)) {
                String architecture = before.architecture();
                JsonObject more = before.metadata()
                        .with(architecture + ".attention.sliding_window", 8)
                        .with("whale.fins", 2)
                        .with("general.author", "somebody")
                        .with("quantize.imatrix.file", "imatrix.dat");
                GgufWriter.write(changed, more, before);
                String problem =
                        "metadata '%s' is not supported for the architecture '%s', and may change what the model computes";
                assertEquals(
                        "%s: 2 problems:\n  %s\n  %s"
                                .formatted(
                                        changed,
                                        problem.formatted(architecture + ".attention.sliding_window", architecture),
                                        problem.formatted("whale.fins", architecture)),
                        refusal(changed));
                GgufWriter.write(changed, before.metadata().with("general.type", "adapter"), before);
                assertEquals(
                        changed + ": general.type is adapter, which is not supported; it must be model, since adapters,"
                                + " vocabularies and projectors are no models",
                        refusal(changed));
                Map<String, TensorType> strange = Map.of(
                        "blk.0.fins", TensorType.f32(2), "blk.1.fins", TensorType.f32(2), "fins", TensorType.f32(2));
                GgufWriter.write(
                        changed,
                        before.metadata(),
                        TensorSources.union(
                                before, TensorSources.of(strange, name -> MemorySegment.ofArray(new float[] {1, 2}))));
                assertEquals("""
                        %s: 3 problems:
                          unexpected tensor 'blk.{0,1}.fins' for architecture %s
                          unexpected tensor 'fins' for architecture %s""".formatted(changed, architecture, architecture), refusal(changed));
            }
        }
    }

    private static String refusal(Path file) {
        return assertThrows(CheckpointException.class, () -> ModelFolder.open(file, FAMILIES, MIXERS))
                .getMessage();
    }

    @Test
    void otherFamiliesSayThatTheyHaveNoLayout() {
        assertEquals(Optional.empty(), new HovleFamily().gguf());
    }
}
