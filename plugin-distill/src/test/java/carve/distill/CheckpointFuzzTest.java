package carve.distill;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.runtime.train.CheckpointFolder;
import carve.runtime.train.StageContext;
import carve.testkit.AssertingDevice;
import carve.testkit.SmallModels;
import carve.testkit.fuzz.FuzzBudget;
import carve.testkit.fuzz.FuzzTarget;
import carve.testkit.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose newest checkpoint or metrics were changed is resumed, or refused with the file's name; nothing is left on the device. */
final class CheckpointFuzzTest {
    private static final long INPUTS = 60;

    @TempDir
    private Path folder;

    private void run(int steps, boolean resume) {
        try (Device device = new AssertingDevice(new ReferenceDevice());
                LoadedModel student = SmallModels.decoder(device, 42)) {
            TestStages.of(
                            "type = supervised, name = learn, batch-size = 2, checkpoint-steps = 1, max-checkpoints = 1, steps = "
                                    + steps)
                    .run(new StageContext(
                            Optional.empty(),
                            student,
                            List.of(),
                            SmallModels.data(7, 42),
                            folder,
                            Optional.empty(),
                            resume,
                            (_, _, _, _) -> {}));
        }
    }

    @Test
    void everyCheckpointIsResumedFromOrRefused() throws IOException {
        run(2, false);
        Path newest = new CheckpointFolder(folder).latest().orElseThrow();
        byte[] good = Files.readAllBytes(newest);
        List<String> words = List.of("\"state\":", "crc32c", "\"step\":9", "fingerprint", "\"version\":3");
        Fuzzer.check(
                new FuzzTarget("checkpoint", List.of(good), words, input -> {
                    Files.write(newest, input);
                    run(2, true);
                }),
                FuzzBudget.ofTests(INPUTS));
    }
}
