package carve.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.op.Linear;
import carve.api.stage.ProgressListener;
import carve.api.stage.StageException;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.runtime.train.ParamDigest;
import carve.runtime.train.StageContext;
import carve.testkit.RandomTensors;
import carve.testkit.SmallModels;
import carve.testkit.TensorAssertions;
import carve.testkit.TensorValues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stages with low-rank adapters train these alone, merge them exactly, and go on from where they stopped. */
final class LoraStageTest {
    private static final String WEIGHT = "layers.1.mixer.q_proj.weight";
    private static final String STAGE =
            "type = distill, name = lora, start-from = any, steps = 4, checkpoint-steps = 1,"
                    + " tensorboard = false, losses = [{ type = kl }], schedule { type = constant },"
                    + " optimizer { type = adamw, learning-rate = 1e-2, weight-decay = 0 },"
                    + " train = [\"layers.*.mixer.q_proj.weight\", \"layers.*.mixer.o_proj.weight\"],"
                    + " lora { rank = 2, alpha = 6, targets = [\"**.q_proj.weight\"] }";

    @TempDir
    private Path folder;

    private static LoadedModel model(Device device, long seed) {
        return SmallModels.decoder(device, seed);
    }

    private StageContext context(
            LoadedModel teacher, LoadedModel student, String name, boolean resume, ProgressListener listener) {
        return new StageContext(
                Optional.of(teacher),
                student,
                List.of(0, 1),
                SmallModels.data(6, 42),
                folder.resolve(name),
                Optional.empty(),
                resume,
                listener);
    }

    private Tensor saved(Device device, String name, TensorType type) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            Path newest = files.filter(file -> file.toString().endsWith(".safetensors"))
                    .max(Path::compareTo)
                    .orElseThrow();
            try (SafeTensorsFile file = SafeTensorsFile.open(newest)) {
                return Tensors.upload(device, type, file.data("param." + name));
            }
        }
    }

    @Test
    void mergedWeightsGiveWhatTheAdaptersGive() throws IOException {
        try (Device device = new ReferenceDevice();
                LoadedModel teacher = model(device, 7);
                LoadedModel original = model(device, 42);
                LoadedModel student = model(device, 42)) {
            TestCatalogs.stage(STAGE).run(context(teacher, student, "merged", false, ProgressListener.NONE));
            Tensor before = original.params().get(WEIGHT);
            Tensor merged = student.params().get(WEIGHT);
            assertNotEquals(before.floats()[0], merged.floats()[0]);
            int width = before.extent(1);
            Tensor a = saved(device, WEIGHT + ".lora_A", new TensorType(DType.F32, Shape.of(2, width)));
            Tensor b = saved(device, WEIGHT + ".lora_B", a.type().with(Shape.of(before.extent(0), 2)));
            Tensor x = TensorValues.upload(
                    device,
                    new TensorType(DType.F32, Shape.of(3, width)),
                    RandomTensors.seeded().normals("x", 3 * width));
            Tensor beside = Linear.apply(Linear.apply(x, a), b).multiply(3);
            TensorAssertions.assertClose(
                    "forward", Linear.apply(x, before).add(beside), Linear.apply(x, merged), 1e-5, 1e-5);
            assertArrayEquals(
                    original.params().get("layers.1.mixer.k_proj.weight").floats(),
                    student.params().get("layers.1.mixer.k_proj.weight").floats());
            assertNotEquals(
                    original.params().get("layers.1.mixer.o_proj.weight").floats()[0],
                    student.params().get("layers.1.mixer.o_proj.weight").floats()[0]);
            assertEquals(original.params().names(), student.params().names());
        }
    }

    @Test
    void anInterruptedRunEndsInTheSameBits() {
        try (Device device = new ReferenceDevice();
                LoadedModel teacher = model(device, 7);
                LoadedModel whole = model(device, 42);
                LoadedModel broken = model(device, 42);
                LoadedModel resumed = model(device, 42)) {
            TestCatalogs.stage(STAGE).run(context(teacher, whole, "whole", false, ProgressListener.NONE));
            assertThrows(
                    IllegalStateException.class,
                    () -> TestCatalogs.stage(STAGE).run(context(teacher, broken, "broken", false, (done, _, _, _) -> {
                        if (done == 2) {
                            throw new IllegalStateException("interrupted");
                        }
                    })));
            TestCatalogs.stage(STAGE).run(context(teacher, resumed, "broken", true, ProgressListener.NONE));
            assertEquals(ParamDigest.of(whole.params()), ParamDigest.of(resumed.params()));
        }
    }

    @Test
    void targetsThatAreNoTrainedMatricesAreRefused() {
        try (Device device = new ReferenceDevice();
                LoadedModel teacher = model(device, 7);
                LoadedModel student = model(device, 42)) {
            StageException none = assertThrows(
                    StageException.class,
                    () -> TestCatalogs.stage(STAGE.replace("**.q_proj", "**.w_proj"))
                            .run(context(teacher, student, "none", false, ProgressListener.NONE)));
            assertTrue(
                    none.getMessage().contains("match none of the parameters that 'train' selects"), none::getMessage);
        }
    }
}
