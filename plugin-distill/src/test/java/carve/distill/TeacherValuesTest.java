package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.model.LoadedModel;
import carve.api.model.Site;
import carve.api.param.ParamException;
import carve.api.param.ParamStore;
import carve.api.param.Selector;
import carve.api.stage.LayerInputs;
import carve.api.stage.LayerReduction;
import carve.api.stage.LossTerm;
import carve.api.stage.PaddingMask;
import carve.api.stage.ProgressListener;
import carve.api.stage.Stage;
import carve.api.stage.TrainScope;
import carve.api.tensor.Tensor;
import carve.runtime.train.StageContext;
import carve.runtime.train.StageResult;
import carve.runtime.train.TrainingStage;
import carve.testkit.SmallModels;
import carve.testkit.SmallTraining;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The teacher's layers run only as far as a loss needs their values, and a loss may be at one layer alone. */
final class TeacherValuesTest {
    @TempDir
    private Path folder;

    /** The mean of the squared values of the student. */
    private record Magnitude(Site site) implements Loss {
        @Override
        public double weight() {
            return 1;
        }

        @Override
        public boolean needsTeacher() {
            return false;
        }

        @Override
        public Tensor compute(LossInputs lossInputs) {
            return lossInputs.student().multiply(lossInputs.student()).mean();
        }
    }

    private StageResult run(Loss loss, LayerInputs inputs) {
        Stage stage = new Stage(
                Selector.of("layers.0.mixer.**"),
                TrainScope.ALL,
                List.of(LossTerm.of("loss", loss, inputs, LayerReduction.MEAN)),
                PaddingMask.FULL);
        try (Device device = new ReferenceDevice();
                LoadedModel teacher = withoutFirstLayer(SmallModels.decoder(device, 7));
                LoadedModel student = SmallModels.decoder(device, 42)) {
            return new TrainingStage("test", stage, SmallTraining.config(2, 2))
                    .run(new StageContext(
                            Optional.of(teacher),
                            student,
                            List.of(0),
                            SmallModels.data(4, 42),
                            folder.resolve(loss.site().toString()),
                            Optional.empty(),
                            false,
                            ProgressListener.NONE));
        }
    }

    // whoever runs its first layer fails
    private static LoadedModel withoutFirstLayer(LoadedModel model) {
        ParamStore params = new ParamStore(model.device());
        model.params().asMap().forEach((name, value) -> {
            if (name.startsWith("layers.0.")) {
                value.buffer().close();
            } else {
                params.put(name, value);
            }
        });
        return new LoadedModel(model.family(), model.spec(), params);
    }

    @Test
    void aLossThatNeedsOnlyTheTeachersInputsRunsNoLayerOfIt() {
        assertEquals(2, run(new Magnitude(Site.HEADS), LayerInputs.TEACHER).steps());
        assertEquals(2, run(new Magnitude(Site.OUTPUT), LayerInputs.TEACHER).steps());
    }

    @Test
    void aLossThatComparesRunsTheTeachersLayer() {
        ParamException missing =
                assertThrows(ParamException.class, () -> run(SmallTraining.loss(Site.HEADS), LayerInputs.TEACHER));
        assertTrue(missing.getMessage().contains("layers.0."), missing.getMessage());
    }

    @Test
    void aLossWithoutATeacherRunsNoTeacher() {
        assertEquals(2, run(new Magnitude(Site.OUTPUT), LayerInputs.OWN).steps());
    }

    @Test
    void aLossCanBeAtOneLayer() {
        assertEquals(
                2, run(new Magnitude(Site.layer(1, "output")), LayerInputs.OWN).steps());
    }
}
