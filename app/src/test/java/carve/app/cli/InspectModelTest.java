package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.runtime.gguf.GgufWriter;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.CheckpointWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that {@code inspect} tells what a model is, also of one that cannot be run. */
class InspectModelTest {
    private static final String WHALE = """
            {"model_type": "whale", "architectures": ["WhaleForCausalLM"],
             "vision_config": {"model_type": "sonar"},
             "text_config": {"num_hidden_layers": 3, "hidden_size": 48, "vocab_size": 64, "max_position_embeddings": 128,
               "layer_types": ["sliding_attention", "fins", "sliding_attention"], "sliding_window": 8,
               "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 24,
               "hidden_act": "silu", "num_local_experts": 4, "num_experts_per_tok": 2,
               "rope_parameters": {"rope_theta": 10000.0, "rope_type": "yarn"}},
             "quantization_config": {"quant_method": "gptq", "bits": 4}}
            """;

    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.installed();

    private static TensorSource tensors(Map<String, TensorType> types) {
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        types.forEach((name, type) ->
                tensors.put(name, new TensorData(type, MemorySegment.ofArray(new byte[(int) type.bytes()]))));
        return TensorSources.of(tensors);
    }

    @Test
    void aFolderThatCannotBeRunIsDescribed() {
        Path whale = folder.resolve("whale");
        new CheckpointWriter(whale)
                .with(Checkpoint.CONFIG, Json.parseObject(WHALE, ""))
                .write(tensors(Map.of(
                        "a", new TensorType(DType.F16, Shape.of(64, 48)),
                        "b", new TensorType(DType.I32, Shape.of(6, 48)),
                        "c", new TensorType(DType.F16, Shape.of(48)))));
        assertEquals(1, carve.run("inspect", whale.toString()));
        assertEquals("""
                model       whale (WhaleForCausalLM), vision sonar, text part
                size        3 layers, width 48, vocabulary 64, context 128, sliding_attention x2, fins x1
                attention   6 heads, 2 of keys and values, head width 8, sliding window 8
                positions   rotary, base 10000.0, scaling yarn
                mlp         width 24, silu
                experts     4, 2 for each token
                quantised   gptq, 4 bits
                types       2 F16 (6.09 KiB), 1 I32 (1.13 KiB)
                """, carve.out());
        assertTrue(
                carve.err()
                        .startsWith(
                                "carve: " + whale + ": config.json: no model family for model_type 'whale'; there are"),
                carve.err());
    }

    @Test
    void aFileThatCannotBeRunIsDescribed() {
        Path whale = folder.resolve("whale.gguf");
        JsonObject keys = Json.parseObject("""
                {"general.architecture": "whale", "general.name": "Moby", "whale.block_count": 2,
                 "whale.embedding_length": 64, "whale.attention.head_count": 4, "whale.attention.head_count_kv": [2, 1],
                 "whale.feed_forward_length": 96, "whale.rope.freq_base": 500000.0, "whale.ssm.state_size": 16,
                 "whale.ssm.conv_kernel": 4, "tokenizer.ggml.model": "gpt2"}
                """, "");
        GgufWriter.write(
                whale,
                keys,
                tensors(Map.of(
                        "a",
                        new TensorType(DType.Q8_0, Shape.of(64, 64)),
                        "b",
                        new TensorType(DType.F32, Shape.of(64)))));
        assertEquals(1, carve.run("inspect", whale.toString()));
        assertEquals("""
                model       whale (Moby)
                size        2 layers, width 64
                attention   4 heads, 2/1 of keys and values
                positions   rotary, base 500000.0
                mlp         width 96
                state space state 16, convolution of 4
                types       1 Q8_0 (4.25 KiB), 1 F32 (256 B)
                """, carve.out());
        assertTrue(
                carve.err()
                        .startsWith(
                                "carve: " + whale
                                        + ": no installed model family reads GGUF files of the architecture 'whale'; supported: "),
                carve.err());
    }

    @Test
    void aModelThatRunsIsDescribedToo() {
        String printed = carve.succeeds(
                "inspect", Path.of("..", "fixtures", "hovle_tiny").toString());
        assertTrue(printed.lines().anyMatch(line -> line.startsWith("model       ")), printed);
        assertTrue(
                printed.lines().anyMatch(line -> line.startsWith("types       ") && line.contains(" F32 (")), printed);
    }
}
