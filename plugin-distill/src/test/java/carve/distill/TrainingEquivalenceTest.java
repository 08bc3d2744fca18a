package carve.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.tensor.DType;
import carve.runtime.train.StageContext;
import carve.testkit.SmallModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Different ways to the same steps. */
final class TrainingEquivalenceTest {
    private static final String STAGE = "type = distill, start-from = any, steps = 3, train = [\"layers.*.mixer.**\"],"
            + " schedule { type = constant }, tensorboard = false, losses = [{ type = kl, reduction = batch-mean }]";

    @TempDir
    private Path folder;

    /** Returns the losses of the steps of a stage. */
    private double[] losses(String name, String more, DType stored) throws IOException {
        try (Device device = new ReferenceDevice();
                LoadedModel teacher = SmallModels.decoder(device, 7);
                LoadedModel student = SmallModels.decoder(device, 42)) {
            for (String param : List.copyOf(student.params().names())) {
                student.params().put(param, student.params().get(param).cast(stored));
            }
            TestCatalogs.stage(STAGE + ", name = " + name + ", " + more)
                    .run(new StageContext(
                            Optional.of(teacher),
                            student,
                            List.of(0, 1),
                            SmallModels.data(6, 42),
                            folder.resolve(name),
                            Optional.empty(),
                            false,
                            ProgressListener.NONE));
            student.params()
                    .asMap()
                    .forEach((param, tensor) ->
                            assertEquals(param.contains(".mixer.") ? DType.F32 : stored, tensor.dtype(), param));
        }
        return Files.readAllLines(folder.resolve(name).resolve("metrics.jsonl")).stream()
                .mapToDouble(line -> Json.parseObject(line, "metrics").real("loss"))
                .toArray();
    }

    private static void assertClose(double[] expected, double[] actual, double ratio) {
        assertArrayEquals(expected, actual, ratio * expected[0]);
    }

    @Test
    void accumulatedBatchesAreOneBatch() throws IOException {
        assertClose(
                losses("whole", "batch-size = 4", DType.F32),
                losses("parts", "batch-size = 1, gradient-accumulation-steps = 4", DType.F32),
                1e-5);
    }

    @Test
    void recomputedActivationsAreTheSame() throws IOException {
        assertClose(
                losses("kept", "batch-size = 2", DType.F32),
                losses("computed", "batch-size = 2, gradient-checkpointing = true", DType.F32),
                1e-5);
    }

    @Test
    void logitsInPiecesGiveTheSame() throws IOException {
        String losses =
                ", losses = [{ type = kl, temperature = 2 }, { type = reverse-kl, mask = all, reduction = sum },"
                        + " { type = jensen-shannon }, { type = top-k-kl, k = 2 }, { type = hard-cross-entropy }, { type = cross-entropy },"
                        + " { type = mean-squared-error, site = final_norm }]";
        for (String train : List.of("", ", train = [\"**\"], train-scope = all")) {
            assertClose(
                    losses("whole" + train.length(), "batch-size = 2, max-logits-mib = 0" + losses + train, DType.F32),
                    losses(
                            "pieces" + train.length(),
                            "batch-size = 2, max-logits-mib = 0.0005" + losses + train,
                            DType.F32),
                    1e-5);
        }
    }

    @Test
    void logitsInPiecesGoWithRecomputedActivations() throws IOException {
        assertClose(
                losses("kept", "batch-size = 2, max-logits-mib = 0", DType.F32),
                losses("computed", "batch-size = 2, gradient-checkpointing = true, max-logits-mib = 0.0005", DType.F32),
                1e-5);
    }

    @Test
    void visiblePaddingChangesNothingThatDoesNotCountIt() throws IOException {
        assertClose(
                losses("masked", "batch-size = 3", DType.F32),
                losses("visible", "batch-size = 3, padding-mask = none", DType.F32),
                1e-5);
    }

    @Test
    void trainedParametersOfAShortTypeAreKeptInF32() throws IOException {
        assertClose(losses("wide", "batch-size = 2", DType.F32), losses("short", "batch-size = 2", DType.BF16), 5e-2);
    }
}
