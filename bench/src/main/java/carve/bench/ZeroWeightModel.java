package carve.bench;

import carve.api.config.NameSuggestions;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.SafeTensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Makes a model folder with the names and shapes of a published model and with zeros for weights: a sparse file of many GB that
 * takes hardly any disk. With it the memory that {@code carve inspect} and {@code carve convert} need is measured.
 *
 * <pre>{@code
 * java ... carve.bench.ZeroWeightModel FOLDER [f32|bf16|f16] [hovle|tinyllava]
 * }</pre>
 */
public final class ZeroWeightModel {
    private static final Map<String, Supplier<Layout>> MODELS =
            Map.of("hovle", HovleLayout::new, "tinyllava", TinyLlavaLayout::new);

    /** A published model without its weights. */
    interface Layout {
        /** Returns its tensors by their names in the checkpoint. */
        Map<String, Shape> tensors();

        /** Returns its configuration. */
        JsonObject config();
    }

    private ZeroWeightModel() {}

    /** Writes the folder that the first argument names; the others say the type of weights and the model. */
    public static void main(String[] line) throws IOException {
        if (line.length < 1) {
            throw new IllegalArgumentException(
                    "name the folder to write, and perhaps f32, bf16 or f16, and hovle or tinyllava");
        }
        String model = line.length > 2 ? line[2] : "hovle";
        if (!MODELS.containsKey(model)) {
            throw new IllegalArgumentException(NameSuggestions.unknown("published model", model, MODELS.keySet()));
        }
        write(
                Path.of(line[0]),
                line.length > 1 ? dtype(line[1]) : DType.F32,
                MODELS.get(model).get());
    }

    private static DType dtype(String key) {
        return Arrays.stream(DType.values())
                .filter(type -> type.isFloating() && type.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        NameSuggestions.unknown("type of weights", key, List.of("f32", "bf16", "f16"))));
    }

    private static void write(Path folder, DType dtype, Layout model) throws IOException {
        Map<String, TensorType> types = new LinkedHashMap<>();
        model.tensors().forEach((name, shape) -> types.put(name, new TensorType(dtype, shape)));
        Files.createDirectories(folder);
        Files.writeString(folder.resolve(Checkpoint.CONFIG), Json.print(model.config()) + "\n");
        var ordered = SafeTensorsWriter.officialOrder(types);
        try (var writer =
                SafeTensorsWriter.create(folder.resolve(Checkpoint.WEIGHTS), ordered, Map.of("format", "pt"))) {
            ordered.keySet().forEach(writer::writeZeros);
            writer.commit();
        }
    }
}
