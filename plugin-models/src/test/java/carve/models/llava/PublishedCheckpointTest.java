package carve.models.llava;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.runtime.convert.Conversion;
import carve.runtime.model.ModelFolder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint of the published shape, whose values are a hole in a file: opened and converted without reading them. */
final class PublishedCheckpointTest {
    private static final long SHARD = 5_000_000_000L;

    private static TensorSource halves(ModelSpec spec) {
        Map<String, TensorType> types = new LinkedHashMap<>();
        Stream.concat(spec.parameters().stream(), spec.extraTensors().stream())
                .forEach(param -> types.put(param.name(), new TensorType(DType.F16, param.shape())));
        return TensorSources.of(types, name -> {
            throw new AssertionError(name + " is read");
        });
    }

    private static void write(Path folder) throws IOException {
        JsonObject config = PublishedShapes.config();
        ModelSpec spec = TinyModels.FAMILY.spec(config, TinyModels.mixers());
        TensorSource tensors = TinyModels.FAMILY.names(spec).toCheckpoint(halves(spec));
        JsonObject header = JsonObject.empty();
        long at = 0;
        for (String name : tensors.names()) {
            TensorType type = tensors.type(name);
            List<JsonValue> shape = IntStream.range(0, type.shape().rank())
                    .<JsonValue>mapToObj(
                            axis -> JsonNumber.of((long) type.shape().extent(axis)))
                    .toList();
            header = header.with(
                    name,
                    JsonObject.empty()
                            .with("dtype", "F16")
                            .with("shape", new JsonArray(shape))
                            .with(
                                    "data_offsets",
                                    new JsonArray(List.of(JsonNumber.of(at), JsonNumber.of(at + type.bytes())))));
            at += type.bytes();
        }
        byte[] text = Json.compact(header).getBytes(StandardCharsets.UTF_8);
        Files.writeString(folder.resolve("config.json"), Json.print(config));
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve("model.safetensors").toFile(), "rw")) {
            file.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(text.length)
                    .array());
            file.write(text);
            file.setLength(8 + text.length + at);
        }
    }

    @Test
    void convertsWithTheCountsOfThePublishedStudent(@TempDir Path folder) throws IOException {
        write(folder);
        LayerPlan plan = new LayerPlan(IntStream.range(0, 32)
                .mapToObj(i -> MixerSpec.of(i % 4 == 0 ? "mamba-in-llama" : MixerSpec.KEEP))
                .toList());
        try (ReferenceDevice device = new ReferenceDevice();
                ModelFolder teacher = ModelFolder.open(folder, List.of(TinyModels.FAMILY), TinyModels.mixers())) {
            assertEquals(905, teacher.checkpoint().names().size());
            Conversion conversion = Conversion.of(teacher, plan, TinyModels.mixers(), device, 42);
            NameMap names = TinyModels.FAMILY.names(conversion.student());
            TensorSource student = names.toCheckpoint(conversion.tensors());
            assertEquals(905, student.names().size());
            assertEquals(
                    3_270_747_968L,
                    student.names().stream()
                            .mapToLong(name -> student.type(name).shape().size())
                            .sum());
            assertEquals(
                    6_541_495_936L,
                    student.names().stream()
                            .mapToLong(name -> student.type(name).bytes())
                            .sum());
            assertEquals(
                    272_635_648L,
                    conversion.student().parameters().stream()
                            .filter(param -> param.name()
                                    .matches("input\\.connector\\..*|layers\\.(0|4|8|12|16|20|24|28)\\.mixer\\..*"))
                            .map(ParamSpec::shape)
                            .mapToLong(shape -> shape.size())
                            .sum());
        }
    }

    /** Cut as the authors' files are, at 5 GB in the order of their modules: published are 4.98 + 1.56 GB, 5.0 + 1.44 GB. */
    @Test
    void filesHaveThePublishedSizes() {
        ModelSpec teacher = TinyModels.FAMILY.spec(PublishedShapes.config(), TinyModels.mixers());
        assertEquals(List.of(4.996, 1.439), sizes(teacher));
        assertEquals(List.of(4.984, 1.557), sizes(PublishedShapes.student(teacher, 0, 4, 8, 12, 16, 20, 24, 28)));
        assertEquals(96_523, index(teacher));
        assertEquals(96_131, index(PublishedShapes.student(teacher, 0, 4, 8, 12, 16, 20, 24, 28)));
    }

    private static List<Double> sizes(ModelSpec spec) {
        TensorSource tensors = TinyModels.FAMILY.names(spec).toCheckpoint(halves(spec));
        List<Long> sizes = new ArrayList<>(List.of(0L));
        for (String name : tensors.names()) {
            long bytes = tensors.type(name).bytes();
            if (sizes.getLast() + bytes > SHARD) {
                sizes.add(0L);
            }
            sizes.add(sizes.removeLast() + bytes);
        }
        return sizes.stream().map(bytes -> Math.round(bytes / 1e6) / 1e3).toList();
    }

    // the length of the index file: each tensor's line, whatever file it is in
    private static int index(ModelSpec spec) {
        TensorSource tensors = TinyModels.FAMILY.names(spec).toCheckpoint(halves(spec));
        JsonObject map = JsonObject.empty();
        long total = 0;
        for (String name : tensors.names()) {
            map = map.with(name, "model-00001-of-00002.safetensors");
            total += tensors.type(name).bytes();
        }
        JsonObject index = JsonObject.empty()
                .with("metadata", JsonObject.empty().with("total_size", total))
                .with("weight_map", map);
        return Json.print(index).length() + 1;
    }
}
