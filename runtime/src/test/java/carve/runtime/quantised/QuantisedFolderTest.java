package carve.runtime.quantised;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.CheckpointWriter;
import carve.runtime.safetensors.SafeTensorsFile;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that folders which other libraries quantised open with the weights that these libraries compute. */
final class QuantisedFolderTest {
    private static final String CONFIG = QuantisedFolder.CONFIG_KEY;
    private static final String PROJECTION = "model.layers.0.q_proj";

    @TempDir
    private Path folder;

    private static Path fixture(String name) {
        try {
            return Path.of(QuantisedFolderTest.class
                            .getResource(name + "/config.json")
                            .toURI())
                    .getParent();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fp8_block",
                "fp8_tensor",
                "fbgemm_fp8",
                "compressed_tensors",
                "mxfp4",
                "gptq_2",
                "gptq_3_v2",
                "gptq_4",
                "gptq_8",
                "awq"
            })
    void weightsHaveTheBitsOfTheLibrary(String name) {
        try (Checkpoint read = QuantisedFolder.open(fixture(name));
                SafeTensorsFile expected = SafeTensorsFile.open(fixture(name).resolve("expected.safetensors"))) {
            assertEquals(new TreeSet<>(expected.names()), new TreeSet<>(read.names()));
            for (String tensor : expected.names()) {
                assertEquals(expected.type(tensor), read.type(tensor), tensor);
                assertEquals(-1, expected.data(tensor).mismatch(read.data(tensor)), tensor);
            }
            assertFalse(read.config().has(CONFIG), "the weights are plain now");
            assertTrue(read.stored().size() >= expected.names().size());
        }
    }

    /** Tensors that are not quantised are views of the file; the others are unpacked when they are read. */
    @Test
    void plainTensorsAreNotCopied() {
        try (Checkpoint stored = Checkpoint.open(fixture("awq"));
                Checkpoint read = QuantisedFolder.open(fixture("awq"))) {
            assertEquals(1, read.pieces("lm_head.weight").size());
            assertTrue(read.holds(read.pieces("lm_head.weight").getFirst()));
            assertFalse(read.holds(read.data(PROJECTION + ".weight")));
            assertEquals(stored.type("lm_head.weight"), read.type("lm_head.weight"));
            assertEquals("I32", read.stored().get(PROJECTION + ".qweight").type());
            assertEquals(
                    stored.type(PROJECTION + ".qweight").bytes(),
                    read.stored().get(PROJECTION + ".qweight").bytes());
        }
    }

    private String refusal(String name, UnaryOperator<JsonObject> change, Map<String, TensorData> tensors) {
        Path changed = folder.resolve("changed");
        try (Checkpoint from = Checkpoint.open(fixture(name))) {
            JsonObject config =
                    from.config().with(CONFIG, change.apply(from.config().object(CONFIG)));
            TensorSource kept = TensorSources.select(from, tensor -> !tensors.containsKey(tensor));
            Map<String, TensorData> put = new LinkedHashMap<>(tensors);
            put.values().removeIf(REMOVED::equals);
            new CheckpointWriter(changed)
                    .with(Checkpoint.CONFIG, config)
                    .write(TensorSources.union(kept, TensorSources.of(put)));
        }
        String message = assertThrows(
                        CheckpointException.class,
                        () -> QuantisedFolder.open(changed).close())
                .getMessage();
        assertTrue(message.startsWith(changed + ": "), message);
        return message.substring((changed + ": ").length());
    }

    private static final TensorData REMOVED = data(DType.U8, 0);

    private static TensorData data(DType dtype, int... extents) {
        TensorType type = new TensorType(dtype, Shape.of(extents));
        return new TensorData(type, MemorySegment.ofArray(new byte[(int) type.bytes()]));
    }

    static List<Arguments> configurations() {
        String changes = ", which may change what the weights stand for";
        return List.of(
                Arguments.of(
                        "awq", "{'surprise': 1, 'odd': 2}", CONFIG + ": not supported: 'surprise', 'odd'" + changes),
                Arguments.of("fp8_block", "{'surprise': true}", CONFIG + ": not supported: 'surprise'" + changes),
                Arguments.of("mxfp4", "{'surprise': true}", CONFIG + ": not supported: 'surprise'" + changes),
                Arguments.of("gptq_4", "{'surprise': true}", CONFIG + ": not supported: 'surprise'" + changes),
                Arguments.of("fbgemm_fp8", "{'surprise': true}", CONFIG + ": not supported: 'surprise'" + changes),
                Arguments.of(
                        "compressed_tensors", "{'surprise': true}", CONFIG + ": not supported: 'surprise'" + changes),
                Arguments.of(
                        "awq",
                        "{'version': 'gemv'}",
                        CONFIG + ": version 'gemv' of AWQ is not supported; there is gemm"),
                Arguments.of(
                        "awq",
                        "{'bits': 8}",
                        "config.json: quantization_config.bits: is 8, which is not supported; it must be 4"),
                Arguments.of(
                        "gptq_4",
                        "{'checkpoint_format': 'marlin'}",
                        CONFIG + ": checkpoint_format 'marlin' is not supported; there are gptq and gptq_v2"),
                Arguments.of("gptq_4", "{'bits': 5}", "config.json: quantization_config.bits: must be 2, 3, 4 or 8"),
                Arguments.of(
                        "gptq_4",
                        "{'dynamic': {'+:.*': {'bits': 8}}}",
                        "config.json: quantization_config.dynamic: is not supported: other settings for some modules"),
                Arguments.of(
                        "compressed_tensors",
                        "{'format': 'pack-quantized'}",
                        "config.json: quantization_config.format: is \"pack-quantized\", which is not supported, only FP8"
                                + " weights are; it must be float-quantized or naive-quantized"),
                Arguments.of(
                        "fp8_block",
                        "{'scale_fmt': 'ue8m0'}",
                        "config.json: quantization_config.scale_fmt: is \"ue8m0\", which is not supported, since scales are"
                                + " numbers of 8 bits; it must be float"),
                Arguments.of(
                        "fp8_block",
                        "{'modules_to_not_convert': ['o_proj']}",
                        "'model.layers.0.o_proj.weight' is quantised, though the configuration lists the module among those"
                                + " that are not"),
                Arguments.of(
                        "mxfp4",
                        "{'modules_to_not_convert': ['model.layers.*.mlp']}",
                        "'model.layers.0.mlp.experts.gate_up_proj' is quantised, though the configuration lists the module"
                                + " among those that are not"));
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void configurationsThatAreNotUnderstoodAreRefused(String name, String change, String message) {
        JsonObject more = Json.parseObject(change.replace('\'', '"'), "");
        assertEquals(
                message,
                refusal(
                        name,
                        config -> {
                            JsonObject changed = config;
                            for (String key : more.keys()) {
                                changed = changed.with(key, more.value(key).orElseThrow());
                            }
                            return changed;
                        },
                        Map.of()));
    }

    static List<Arguments> tensors() {
        String gptq = PROJECTION + ".qweight";
        return List.of(
                Arguments.of(
                        "fp8_block",
                        Map.of(PROJECTION + ".weight_scale_inv", REMOVED),
                        "'model.layers.0.q_proj.weight' is F8_E4M3 without a scale; expected"
                                + " 'model.layers.0.q_proj.weight_scale_inv' or 'model.layers.0.q_proj.weight_scale'"),
                Arguments.of(
                        "fp8_block",
                        Map.of(PROJECTION + ".weight_scale_inv", data(DType.F32, 3, 2)),
                        "'model.layers.0.q_proj.weight_scale_inv' is F32 (3, 2), which are no scales of"
                                + " 'model.layers.0.q_proj.weight' (40, 72): [one for each 16 x 32]"),
                Arguments.of(
                        "mxfp4",
                        Map.of("model.layers.0.mlp.experts.gate_up_proj_scales", data(DType.U8, 2, 6, 2)),
                        "'model.layers.0.mlp.experts.gate_up_proj_blocks' is U8 (2, 6, 3, 16) and"
                                + " 'model.layers.0.mlp.experts.gate_up_proj_scales' U8 (2, 6, 2); expected U8 (E, N, K/32,"
                                + " 16) and U8 (E, N, K/32)"),
                Arguments.of(
                        "gptq_4",
                        Map.of(PROJECTION + ".scales", REMOVED, PROJECTION + ".qzeros", REMOVED),
                        "2 problems:\n  'model.layers.0.q_proj.qzeros' is missing, which goes with '" + gptq
                                + "'\n  'model.layers.0.q_proj.scales' is missing, which goes with '" + gptq + "'"),
                Arguments.of(
                        "gptq_8",
                        Map.of(PROJECTION + ".qzeros", data(DType.I32, 1, 8)),
                        "'model.layers.0.q_proj.qweight' I32 (24, 64) with qzeros I32 (1, 8) and scales BF16 (1, 64) is no"
                                + " layer of 8 bits in groups of -1"),
                Arguments.of(
                        "awq",
                        Map.of(PROJECTION + ".scales", data(DType.F16, 2, 40)),
                        "'model.layers.0.q_proj.qweight' I32 (96, 5) with qzeros I32 (3, 5) and scales F16 (2, 40) is no"
                                + " layer of 4 bits in groups of 32"));
    }

    @ParameterizedTest
    @MethodSource("tensors")
    void tensorsThatDoNotGoTogetherAreRefused(String name, Map<String, TensorData> changed, String message) {
        assertEquals(message, refusal(name, UnaryOperator.identity(), changed));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"bitsandbytes", "hqq", "aqlm", "torchao", "quanto", "eetq", "vptq", "bitnet", "nvfp4", "none"})
    void otherMethodsAreRefusedByName(String method) {
        assertEquals(
                "quantised by the method '%s', which is not supported; supported are awq, compressed-tensors, fbgemm_fp8, fp8, gptq,"
                                .formatted(method)
                        + " mxfp4; open the model that it was made from, or a copy saved without quantisation (in Transformers:"
                        + " model.dequantize(), then save_pretrained)",
                refusal("awq", config -> config.with("quant_method", method), Map.of()));
    }

    @Test
    void bitsandbytesIsKnownByItsKeys() {
        assertTrue(refusal("awq", config -> config.without("quant_method").with("load_in_4bit", true), Map.of())
                .startsWith("quantised by the method 'bitsandbytes', which is not supported"));
    }

    @Test
    void groupsOutOfRangeAreRefusedWhenRead() {
        Path changed = folder.resolve("groups");
        int[] groups = new int[96];
        groups[7] = 3;
        TensorType type = new TensorType(DType.I32, Shape.of(96));
        try (Checkpoint from = Checkpoint.open(fixture("gptq_4"))) {
            new CheckpointWriter(changed)
                    .with(Checkpoint.CONFIG, from.config())
                    .write(TensorSources.union(
                            TensorSources.select(from, name -> !name.endsWith(".g_idx")),
                            TensorSources.of(Map.of(
                                    PROJECTION + ".g_idx", new TensorData(type, MemorySegment.ofArray(groups))))));
        }
        try (Checkpoint read = QuantisedFolder.open(changed)) {
            assertEquals(
                    "tensor 'model.layers.0.q_proj.g_idx' has groups out of range, there are 3",
                    assertThrows(CheckpointException.class, () -> read.data(PROJECTION + ".weight"))
                            .getMessage());
        }
    }

    @Test
    void packedWeightsWithoutADescriptionAreRefused() {
        Path changed = folder.resolve("bare");
        try (Checkpoint from = Checkpoint.open(fixture("gptq_4"))) {
            new CheckpointWriter(changed)
                    .with(Checkpoint.CONFIG, from.config().without(CONFIG))
                    .write(from);
        }
        assertEquals(
                changed
                        + ": tensor 'model.layers.0.q_proj.qweight' is quantised, but config.json has no quantization_config;"
                        + " add what the library wrote elsewhere, such as in quantize_config.json, with quant_method",
                assertThrows(CheckpointException.class, () -> QuantisedFolder.open(changed))
                        .getMessage());
    }

    /** Patterns are matched as the Transformers library and compressed-tensors do. */
    @Test
    void skippedModulesAreFound() {
        SkippedModules modules = SkippedModules.of(List.of("layer.1", "model.*.gate", "fc1", "re:.*head$"));
        for (String module :
                List.of("layer.1.attn", "model.layers.3.mlp.gate", "decoder.fc1", "lm_head", "model.x.gate.w")) {
            assertTrue(modules.contains(module), module);
        }
        for (String module : List.of("layer.11.attn", "model.layers.3.mlp.gate_proj", "fc11", "heads")) {
            assertFalse(modules.contains(module), module);
        }
        assertFalse(SkippedModules.NONE.contains("layer"));
    }
}
