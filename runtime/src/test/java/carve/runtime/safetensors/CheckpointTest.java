package carve.runtime.safetensors;

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
import carve.api.tensor.TensorType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckpointTest {
    private static final JsonObject CONFIG =
            Json.parseObject("{\"model_type\": \"tiny\", \"eps\": 1e-05}", "config.json");

    @TempDir
    private Path folder;

    private static TensorSource tensors(int count) {
        var types = new LinkedHashMap<String, TensorType>();
        for (int i = 0; i < count; i++) {
            types.put("layers." + i + ".weight", TensorFiles.type(i % 2 == 0 ? DType.BF16 : DType.F32, 2, 5));
        }
        return TensorSources.of(TensorFiles.random(types, 42));
    }

    private CheckpointWriter writer() {
        return new CheckpointWriter(folder).with(Checkpoint.CONFIG, CONFIG);
    }

    private String refusal() {
        return assertThrows(CheckpointException.class, () -> Checkpoint.open(folder))
                .getMessage();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_linear_tiny", "mmmamba_hybrid_tiny"})
    void officialFoldersAreWrittenBackByteForByte(String name) throws IOException {
        Path official = TensorFiles.fixtures().resolve(name);
        try (Checkpoint checkpoint = Checkpoint.open(official)) {
            assertTrue(checkpoint.generationConfig().isPresent());
            new CheckpointWriter(folder)
                    .with(Checkpoint.CONFIG, checkpoint.config())
                    .withCopy(official.resolve(Checkpoint.GENERATION_CONFIG))
                    .write(checkpoint);
        }
        assertEquals(List.of("config.json", "generation_config.json", "model.safetensors"), TensorFiles.list(folder));
        assertEquals(-1, Files.mismatch(official.resolve("model.safetensors"), folder.resolve("model.safetensors")));
        assertEquals(Json.readObject(official.resolve("config.json")), Json.readObject(folder.resolve("config.json")));
    }

    @Test
    void shardedFoldersReadAsOneSource() throws IOException {
        writer().withShardBytes(100).write(tensors(13));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertEquals(5, checkpoint.files().size());
            assertEquals("model-00001-of-00005.safetensors", checkpoint.files().getFirst());
            assertEquals(
                    "model-00005-of-00005.safetensors", checkpoint.weightMap().get("layers.12.weight"));
            assertEquals(13, checkpoint.names().size());
            tensors(13).names().forEach(name -> {
                assertEquals(tensors(13).type(name), checkpoint.type(name));
                assertEquals(-1, tensors(13).data(name).mismatch(checkpoint.data(name)));
            });
            assertEquals(CONFIG, checkpoint.config());
            assertEquals(Map.of("format", "pt"), checkpoint.metadata());
            assertEquals(Optional.empty(), checkpoint.generationConfig());
        }
        JsonObject index = Json.readObject(folder.resolve(Checkpoint.INDEX));
        assertEquals(7 * 20 + 6 * 40, index.object("metadata").integer("total_size"));
        assertEquals(List.of("metadata", "weight_map"), List.copyOf(index.keys()));
        assertEquals(
                "model-00001-of-00005.safetensors", index.object("weight_map").string("layers.1.weight"));
        assertTrue(Files.readString(folder.resolve(Checkpoint.INDEX)).endsWith("}\n"));
    }

    @Test
    void aTensorLargerThanAFileHasItsOwn() {
        writer().withShardBytes(1).write(tensors(3));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertEquals(3, checkpoint.files().size());
        }
    }

    @Test
    void rewritingRemovesFilesThatAreNoLongerMeant() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), "{}");
        writer().withShardBytes(100).write(tensors(13));
        writer().withShardBytes(140).write(tensors(13));
        assertEquals(
                List.of(
                        "config.json",
                        "model-00001-of-00003.safetensors",
                        "model-00002-of-00003.safetensors",
                        "model-00003-of-00003.safetensors",
                        "model.safetensors.index.json",
                        "tokenizer.json"),
                TensorFiles.list(folder));
        writer().write(tensors(13));
        assertEquals(List.of("config.json", "model.safetensors", "tokenizer.json"), TensorFiles.list(folder));
        writer().withShardBytes(100).write(tensors(2));
        assertEquals(List.of("config.json", "model.safetensors", "tokenizer.json"), TensorFiles.list(folder));
    }

    @Test
    void aFolderMayBeRewrittenFromItself() {
        writer().withShardBytes(100).write(tensors(5));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            writer().withMetadata(Map.of()).write(TensorSources.cast(checkpoint, DType.F32));
        }
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertEquals(TensorFiles.type(DType.F32, 2, 5), checkpoint.type("layers.0.weight"));
            assertEquals(Map.of(), checkpoint.metadata());
        }
    }

    @Test
    void missingFoldersAndFilesAreNamed() throws IOException {
        Path none = folder.resolve("none");
        assertEquals(
                none + ": no such folder; expected a folder with config.json and model.safetensors",
                assertThrows(CheckpointException.class, () -> Checkpoint.open(none))
                        .getMessage());
        Path plain = Files.writeString(folder.resolve("plain"), "");
        assertEquals(
                plain + ": not a folder; expected a folder with config.json and model.safetensors",
                assertThrows(CheckpointException.class, () -> Checkpoint.open(plain))
                        .getMessage());
        Files.delete(plain);
        assertEquals(folder + ": no config.json; it is empty", refusal());
        Files.writeString(folder.resolve("config.json"), "{}");
        Files.writeString(folder.resolve("pytorch_model.bin"), "");
        assertEquals(
                folder + ": neither model.safetensors nor model.safetensors.index.json; "
                        + "it holds config.json, pytorch_model.bin",
                refusal());
    }

    @Test
    void brokenConfigsAreRefused() throws IOException {
        writer().write(tensors(1));
        Files.writeString(folder.resolve("config.json"), "{\"a\": }");
        assertEquals(folder + ": config.json: 1:7: expected a value, found '}'", refusal());
        Files.writeString(folder.resolve("config.json"), "[]");
        assertEquals(folder + ": config.json: expected an object, found []", refusal());
    }

    @Test
    void configsThatAreNotTextAreRefused() throws IOException {
        writer().write(tensors(1));
        Files.write(folder.resolve("config.json"), new byte[] {'"', (byte) 0xff, '"'});
        assertEquals(folder + ": config.json: expected UTF-8, found bytes that are not", refusal());
    }

    @Test
    void indexAndFilesThatDisagreeAreReportedTogether() throws IOException {
        writer().withShardBytes(60).write(tensors(7));
        Files.delete(folder.resolve("model-00002-of-00004.safetensors"));
        Files.write(folder.resolve("model-00004-of-00004.safetensors"), new byte[3]);
        JsonObject index = Json.readObject(folder.resolve(Checkpoint.INDEX));
        JsonObject map = index.object("weight_map")
                .without("layers.0.weight")
                .with("extra", "model-00001-of-00004.safetensors")
                .with("evil", "../../etc/passwd")
                .with("layers.5.weight", "model-00001-of-00004.safetensors");
        Files.writeString(folder.resolve(Checkpoint.INDEX), Json.print(index.with("weight_map", map)));
        assertEquals(folder.resolve(Checkpoint.INDEX) + """
                : 7 problems:
                  '../../etc/passwd' is not the name of a file in the folder
                  'model-00001-of-00004.safetensors' holds the tensor 'layers.0.weight', which the index does not list
                  'model-00001-of-00004.safetensors' lacks the tensor 'extra'
                  'model-00001-of-00004.safetensors' lacks the tensor 'layers.5.weight'
                  'model-00002-of-00004.safetensors' is missing
                  'model-00003-of-00004.safetensors' holds the tensor 'layers.5.weight', which the index puts into \
                'model-00001-of-00004.safetensors'
                  'model-00004-of-00004.safetensors': the file has 3 bytes, the header's length alone takes 8""", refusal());
    }

    @Test
    void anIndexWithoutAMapIsRefused() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{}");
        Files.writeString(folder.resolve(Checkpoint.INDEX), "{\"weight_map\": {\"a\": 1}}");
        assertEquals(folder + ": model.safetensors.index.json: weight_map.a: expected a string, found 1", refusal());
        Files.writeString(folder.resolve(Checkpoint.INDEX), "{}");
        assertEquals(
                folder + ": model.safetensors.index.json: weight_map: expected an object, found no such key",
                refusal());
    }

    @Test
    void oneFileBesideAnIndexIsRefused() throws IOException {
        writer().write(tensors(1));
        Files.writeString(folder.resolve(Checkpoint.INDEX), "{\"weight_map\": {}}");
        assertEquals(
                folder + ": both model.safetensors and model.safetensors.index.json are there; "
                        + "remove the one that is out of date",
                refusal());
    }

    @Test
    void unknownTensorsAreRefused() {
        writer().write(tensors(3));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertEquals(
                    folder + ": no tensor 'layer.1.weight'; there are 3 others; did you mean 'layers.1.weight'?",
                    assertThrows(CheckpointException.class, () -> checkpoint.type("layer.1.weight"))
                            .getMessage());
        }
    }

    @Test
    void unfinishedFilesAreIgnored() throws IOException {
        writer().write(tensors(3));
        Files.writeString(folder.resolve(".tmp-1.2.dead-model.safetensors"), "half");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertEquals("", TensorFiles.difference(checkpoint, checkpoint));
            assertEquals(3, checkpoint.names().size());
        }
        writer().write(tensors(2));
        assertEquals(List.of("config.json", "model.safetensors"), TensorFiles.list(folder));
    }

    @Test
    void failuresLeaveTheOldFolder() throws IOException {
        writer().write(tensors(3));
        var failing = TensorSources.of(SafeTensorsWriter.types(tensors(9)), name -> {
            if (name.equals("layers.5.weight")) {
                throw new CheckpointException("the source failed");
            }
            return tensors(9).data(name);
        });
        assertThrows(
                CheckpointException.class, () -> writer().withShardBytes(100).write(failing));
        assertEquals(List.of("config.json", "model.safetensors"), TensorFiles.list(folder));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertEquals("", TensorFiles.difference(TensorSources.of(ordered(tensors(3))), checkpoint));
        }
    }

    private static Map<String, TensorData> ordered(TensorSource source) {
        var tensors = new LinkedHashMap<String, TensorData>();
        SafeTensorsWriter.officialOrder(SafeTensorsWriter.types(source))
                .forEach((name, type) -> tensors.put(name, new TensorData(type, source.data(name))));
        return tensors;
    }

    @Test
    void writersAreImmutable() throws IOException {
        CheckpointWriter plain = writer();
        byte[] content = "x".getBytes(StandardCharsets.UTF_8);
        CheckpointWriter more = plain.with("more.txt", content);
        content[0] = 'y';
        plain.write(tensors(1));
        assertFalse(Files.exists(folder.resolve("more.txt")));
        more.write(tensors(1));
        assertEquals("x", Files.readString(folder.resolve("more.txt")));
        assertEquals(
                "a file must hold at least 1 byte of values, is to hold 0",
                assertThrows(CheckpointException.class, () -> plain.withShardBytes(0))
                        .getMessage());
        Path none = folder.resolve("none.json");
        assertEquals(
                none + ": no such file",
                assertThrows(CheckpointException.class, () -> plain.withCopy(none))
                        .getMessage());
    }
}
