package carve.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.CheckpointException;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.model.ModelFamily;
import carve.models.decoder.DecoderFamily;
import carve.models.hovle.HovleFamily;
import carve.models.llava.LlavaFamily;
import carve.models.mamba2.Mamba2Family;
import carve.runtime.model.ModelFolder;
import carve.testkit.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The table of models says what families open, and what a model that they do not open needs. */
final class KnownModelsTest {
    private static final List<ModelFamily> FAMILIES =
            List.of(new DecoderFamily(), new HovleFamily(), new LlavaFamily(), new Mamba2Family());

    @TempDir
    private Path folder;

    @Test
    void supportedKindsAreThoseOfTheFamilies() {
        List<String> opened = FAMILIES.stream()
                .flatMap(family -> family.modelTypes().stream())
                .sorted()
                .toList();
        assertEquals(
                opened,
                KnownModels.table().all().stream()
                        .filter(KnownModels.Kind::isSupported)
                        .map(KnownModels.Kind::type)
                        .sorted()
                        .toList());
    }

    @TestFactory
    Stream<DynamicTest> otherKindsAreRefusedByName() {
        return KnownModels.table().all().stream()
                .filter(kind -> !kind.isSupported())
                .map(kind -> DynamicTest.dynamicTest(kind.type(), () -> refused(kind)));
    }

    private void refused(KnownModels.Kind kind) throws IOException {
        JsonObject config = JsonObject.empty().with("model_type", kind.type());
        Files.writeString(folder.resolve("config.json"), Json.print(config));
        assertEquals(
                "%s: config.json: model_type '%s' cannot be opened: it needs %s, which is not supported"
                        .formatted(folder, kind.type(), kind.missing()),
                refusal(folder));
    }

    /** Each folder of fixtures is compared, or its kind is refused. */
    @TestFactory
    Stream<DynamicTest> noFolderIsLeftOut() throws IOException {
        List<String> compared = KnownModels.table().all().stream()
                .flatMap(kind -> kind.folders().stream())
                .toList();
        try (Stream<Path> folders = Files.list(Fixture.folder().resolve("families"))) {
            return folders
                    .filter(Files::isDirectory)
                    .filter(path ->
                            !compared.contains(path.getFileName().toString().replaceFirst("_v4$", "")))
                    .sorted()
                    .map(path -> DynamicTest.dynamicTest(path.getFileName().toString(), () -> refusal(path)))
                    .toList()
                    .stream();
        }
    }

    private static String refusal(Path model) {
        return assertThrows(
                        CheckpointException.class,
                        () -> ModelFolder.open(model, FAMILIES, OfficialMixers.attentionAnd())
                                .close())
                .getMessage();
    }
}
