package carve.distill;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.runtime.train.StageContext;
import carve.runtime.train.StageResult;
import carve.testkit.SmallModels;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A run in a process of its own that somebody else kills; it says each step once its checkpoint is written. */
public final class KilledRun {
    static final int STEPS = 14;

    private KilledRun() {}

    /** Runs in the folder of the first argument, and goes on with what is there. */
    public static void main(String[] arguments) {
        run(Path.of(arguments[0]), (done, total, loss, rate) -> System.out.println(done));
    }

    static StageResult run(Path folder, ProgressListener progressListener) {
        try (Device device = new ReferenceDevice();
                LoadedModel student = SmallModels.decoder(device, 42)) {
            return TestStages.of(
                            "type = supervised, name = learn, batch-size = 2, checkpoint-steps = 1, max-checkpoints = 2, steps = "
                                    + STEPS)
                    .run(new StageContext(
                            Optional.empty(),
                            student,
                            List.of(),
                            SmallModels.data(7, 42),
                            folder,
                            Optional.empty(),
                            true,
                            progressListener));
        }
    }
}
