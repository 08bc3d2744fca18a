package carve.testkit.fuzz;

import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSources;
import carve.api.gguf.GgufFile;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.runtime.gguf.GgufWriter;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.CheckpointWriter;
import carve.runtime.safetensors.SafeTensorsFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The targets of the runtime's own file formats: JSON, safetensors, its index, and GGUF. */
public final class FormatTargets {
    private static final String WEIGHT = "layers.0.weight";

    private FormatTargets() {}

    /**
     * Returns the targets.
     *
     * @param folder an empty folder for the files
     * @throws IOException if a good file cannot be written
     */
    public static List<FuzzTarget> all(Path folder) throws IOException {
        return List.of(json(), safetensors(folder), index(folder), gguf(folder));
    }

    private static FuzzTarget json() {
        List<byte[]> seeds = List.of(
                bytes(
                        "{\"model_type\": \"llama\", \"eps\": 1e-05, \"layers\": [1, 2.5, -3e4, true, null], \"o\": {\"a\": \"b\\n\"}}"),
                bytes("[[1, [2, {\"x\": NaN}]], \"\\ud83d\\ude00\", -Infinity]"));
        return new FuzzTarget("json", seeds, List.of("\\u0000", "\\ud800", "NaN", "\"a\":"), input -> {
            var value = Json.parse(input, "input.json");
            Json.parse(Json.print(value), "printed.json");
        });
    }

    private static FuzzTarget safetensors(Path folder) throws IOException {
        Path good = checkpoint(folder.resolve("safetensors"));
        Path file = folder.resolve("mutated.safetensors");
        return new FuzzTarget(
                "safetensors",
                List.of(Files.readAllBytes(good.resolve(Checkpoint.WEIGHTS))),
                List.of(
                        "\"data_offsets\":[0,8]",
                        "\"shape\":[0]",
                        "\"dtype\":\"I64\"",
                        "__metadata__",
                        "carve.quantization"),
                input -> {
                    try (SafeTensorsFile opened = SafeTensorsFile.open(Files.write(file, input))) {
                        opened.names().forEach(name -> opened.data(name).mismatch(opened.data(name)));
                    }
                });
    }

    private static FuzzTarget index(Path folder) throws IOException {
        Path good = checkpoint(folder.resolve("index"));
        Files.move(good.resolve(Checkpoint.WEIGHTS), good.resolve("model-00001-of-00001.safetensors"));
        String text =
                "{\"metadata\": {\"total_size\": 96}, \"weight_map\": {\"%s\": \"model-00001-of-00001.safetensors\","
                        + " \"norm.weight\": \"model-00001-of-00001.safetensors\"}}";
        return new FuzzTarget(
                "safetensors index",
                List.of(bytes(text.formatted(WEIGHT))),
                List.of("../config.json", "/dev/zero", "config.json", "."),
                input -> {
                    Files.write(good.resolve(Checkpoint.INDEX), input);
                    Checkpoint.open(good).close();
                });
    }

    private static FuzzTarget gguf(Path folder) throws IOException {
        Path good = folder.resolve("good.gguf");
        JsonObject metadata = Json.parseObject(
                "{\"general.architecture\": \"llama\", \"llama.block_count\": 1, \"x.list\": [1, 2, 3], \"x.texts\": [\"a\", \"b\"],"
                        + " \"x.flag\": true, \"x.real\": 1e-05}",
                "metadata");
        GgufWriter.write(good, metadata, TensorSources.of(tensors()));
        Path file = folder.resolve("mutated.gguf");
        return new FuzzTarget(
                "gguf", List.of(Files.readAllBytes(good)), List.of("GGUF", "general.alignment"), input -> {
                    try (GgufFile opened = GgufFile.open(Files.write(file, input))) {
                        opened.names().forEach(name -> opened.data(name).mismatch(opened.data(name)));
                    }
                });
    }

    private static Path checkpoint(Path folder) {
        new CheckpointWriter(folder)
                .with(Checkpoint.CONFIG, Json.parseObject("{\"model_type\": \"x\"}", "config.json"))
                .write(TensorSources.of(tensors()));
        return folder;
    }

    private static Map<String, TensorData> tensors() {
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        TensorType matrix = new TensorType(DType.F32, Shape.of(2, 8));
        TensorType vector = new TensorType(DType.F32, Shape.of(8));
        tensors.put(WEIGHT, new TensorData(matrix, MemorySegment.ofArray(new byte[64])));
        tensors.put("norm.weight", new TensorData(vector, MemorySegment.ofArray(new byte[32])));
        return tensors;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
