package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.stage.StageException;
import carve.runtime.train.StageContext;
import carve.testkit.SmallModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A loss with {@code every = n} is that of every n-th converted layer, whichever way layers get their inputs. */
final class EveryNthLayerTest {
    @TempDir
    private Path folder;

    private JsonObject first(String name, String settings) throws IOException {
        try (Device device = new ReferenceDevice();
                LoadedModel teacher = SmallModels.decoder(device, 7);
                LoadedModel student = SmallModels.decoder(device, 42)) {
            TestCatalogs.stage("type = distill, start-from = any, steps = 1, tensorboard = false, name = " + name + ", "
                            + settings)
                    .run(new StageContext(
                            Optional.of(teacher),
                            student,
                            List.of(0, 1),
                            SmallModels.data(4, 42),
                            folder.resolve(name),
                            Optional.empty(),
                            false,
                            ProgressListener.NONE));
        }
        return Json.parseObject(
                Files.readAllLines(folder.resolve(name).resolve("metrics.jsonl"))
                        .getFirst(),
                "metrics");
    }

    @ParameterizedTest
    @ValueSource(strings = {"teacher", "student", "own"})
    void itsValueIsThatOfTheseLayers(String inputs) throws IOException {
        String rest = ", train = [\"layers.1.**\"], inputs = " + inputs + ", losses = [{ type = l2, site = output";
        JsonObject all = first("all", "layer-reduction = mean" + rest + " }]");
        JsonObject second = first("second", "layer-reduction = mean" + rest + ", every = 2 }]");
        assertEquals(Set.of("1"), second.object("layers").object("l2@output").keys());
        assertEquals(all.object("layers").object("l2@output").real("1"), second.real("loss"), 1e-6);
    }

    @Test
    void aLayerWithoutALossIsNotTrainedAlone() {
        assertThrows(
                StageException.class,
                () -> first(
                        "alone",
                        "inputs = teacher, train = [\"layers.*.mixer.**\"], losses = [{ type = l2, every = 2 }]"));
    }

    @Test
    void itIsRefusedWhereThereAreFewerLayersOrNone() {
        StageException few = assertThrows(
                StageException.class, () -> first("few", "train = [\"**\"], losses = [{ type = l2, every = 3 }]"));
        assertEquals("stage 'few': l2@mixer has every = 3, but the plan converts only 2 layers", few.getMessage());
        assertThrows(
                SettingsException.class,
                () -> TestCatalogs.stage(
                        "type = distill, name = a, steps = 1, train = [a], losses = [{ type = kl, every = 2 }]"));
        assertThrows(
                SettingsException.class,
                () -> TestCatalogs.stage(
                        "type = distill, name = a, steps = 1, train = [a], losses = [{ type = l2, every = 0 }]"));
    }
}
