package carve.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.ActivationHook;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelSpec;
import carve.api.model.Site;
import carve.api.stage.ProgressListener;
import carve.api.tensor.Tensor;
import carve.runtime.train.StageContext;
import carve.testkit.SmallModels;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The output of a layer's mixer is published by the layer, whatever the mixer does, and trains its output projection. */
final class MixerSiteTest {
    private static final String STAGE =
            "type = distill, name = mixers, start-from = any, steps = 2, tensorboard = false,"
                    + " losses = [{ type = l2, site = mixer }], train = [\"layers.*.mixer.**\"], inputs = ";

    @TempDir
    private Path folder;

    @Test
    void theLayerPublishesWhatItsMixerGives() {
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42)) {
            ModelInputs inputs = ModelInputs.text(1, 2, 3, 1, 0);
            ActivationRecorder recorder = new ActivationRecorder(site -> true);
            model.model().forward(model.params(), inputs, recorder);
            Tensor x = recorder.values().get(Site.layer(1, "input"));
            Tensor alone = model.spec()
                    .layers()
                    .get(1)
                    .mixerOutput(
                            model.params().under(ModelSpec.layerPrefix(1)),
                            x,
                            inputs.sequenceLayout(),
                            ActivationHook.NONE);
            assertArrayEquals(
                    alone.floats(),
                    recorder.values().get(Site.layer(1, "mixer")).floats());
        }
    }

    @Test
    void outputProjectionsLearnFromIt() {
        for (String inputs : List.of("teacher", "student", "own")) {
            try (Device device = new ReferenceDevice();
                    LoadedModel teacher = SmallModels.decoder(device, 7);
                    LoadedModel student = SmallModels.decoder(device, 42)) {
                float before = weight(student);
                TestCatalogs.stage(STAGE + inputs).run(context(inputs, teacher, student));
                assertNotEquals(before, weight(student), inputs);
            }
        }
    }

    private static float weight(LoadedModel student) {
        return student.params().get("layers.1.mixer.o_proj.weight").floats()[0];
    }

    private StageContext context(String name, LoadedModel teacher, LoadedModel student) {
        return new StageContext(
                Optional.of(teacher),
                student,
                List.of(0, 1),
                SmallModels.data(4, 42),
                folder.resolve(name),
                Optional.empty(),
                false,
                ProgressListener.NONE);
    }
}
