package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.tensor.Tensors;
import carve.runtime.train.InputFiles;
import carve.runtime.train.Resume;
import carve.runtime.train.StageContext;
import carve.runtime.train.StageReport;
import carve.runtime.train.Validation;
import carve.runtime.train.ValidationMetrics;
import carve.testkit.SmallModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The measurements of a student as it learns. */
final class StageReportTest {
    private static final String STAGE = "type = distill, name = align, start-from = any, steps = 5, batch-size = 2,"
            + " checkpoint-steps = 1, train = [\"layers.*.mixer.**\"], schedule { type = constant }, tensorboard = true,";
    private static final String HEADS = "losses = [{ type = mean-squared-error, site = heads, inputs = teacher }]";

    @TempDir
    private Path folder;

    private Device device;
    private LoadedModel teacher;
    private LoadedModel student;
    private final List<String> messages = new ArrayList<>();

    @BeforeEach
    void open() {
        device = new ReferenceDevice();
        teacher = SmallModels.decoder(device, 7);
        student = SmallModels.decoder(device, 42);
    }

    @AfterEach
    void close() {
        student.close();
        teacher.close();
        device.close();
    }

    private record Held(Dataset training, Dataset kept) implements Dataset {
        @Override
        public long size() {
            return training.size();
        }

        @Override
        public Optional<Sample> sample(long position) {
            return training.sample(position);
        }

        @Override
        public String fingerprint() {
            return training.fingerprint();
        }

        @Override
        public Optional<Dataset> validation() {
            return Optional.of(kept);
        }
    }

    private static Dataset data() {
        return new Held(SmallModels.data(6, 42), SmallModels.data(3, 43));
    }

    private Validation validation(LoadedModel of) {
        return Validation.of(new Validation.Config(2, 3), data(), Optional.of(teacher), of)
                .orElseThrow();
    }

    private void run(String losses, Path run, Resume resume, ProgressListener listener) {
        TestCatalogs.stage(STAGE + losses)
                .run(new StageContext(
                        Optional.of(teacher),
                        student,
                        List.of(0, 1),
                        data(),
                        InputFiles.NONE,
                        run,
                        Optional.empty(),
                        resume,
                        new StageReport(new Validation.Config(2, 3), Optional.of(validation(student)), messages::add),
                        listener));
    }

    private static List<String> lines(Path run) throws IOException {
        return Files.readAllLines(run.resolve("validation.jsonl"));
    }

    @Test
    void theTeacherAgreesWithItself() {
        ValidationMetrics own = validation(teacher).measure();
        assertEquals(0, own.teacher().orElseThrow().kl(), 1e-6);
        assertEquals(1, own.teacher().orElseThrow().topTokenAgreement());
        assertEquals(own.perplexity(), own.teacher().orElseThrow().perplexity());
    }

    @Test
    void theTeachersValuesAreTheSameEachTime() {
        Validation validation = validation(student);
        assertEquals(validation.measure(), validation.measure());
    }

    @Test
    void aStageIsMeasuredBeforeDuringAndAfter() throws IOException {
        run(HEADS, folder, Resume.NO, ProgressListener.NONE);
        List<Long> steps = lines(folder).stream()
                .map(line -> Json.parseObject(line, "line").longInteger("step"))
                .toList();
        assertEquals(List.of(0L, 2L, 4L, 5L), steps);
        assertTrue(
                messages.getLast()
                        .matches(
                                "align, step 5: mean-squared-error@heads [\\d.e+-]+, relative [\\d.e+-]+"
                                        + " \\(0 equal, 1 as bad as zero\\), worst layers \\d \\([\\d.e+-]+\\), \\d \\([\\d.e+-]+\\)"),
                messages.getLast());
        assertTrue(
                messages.get(1)
                        .matches(
                                "align, step 2 of 5: validation perplexity \\S+ \\(teacher \\S+, start \\S+\\), KL \\S+"
                                        + " \\(start \\S+\\), top-1 agreement \\S+ % \\(start \\S+ %\\); [\\d,]+ tokens/s, \\d+ s left"),
                messages.get(1));
    }

    @Test
    void aResumedRunMeasuresTheSame() throws IOException {
        Path whole = folder.resolve("whole");
        run(HEADS, whole, Resume.NO, ProgressListener.NONE);
        student.close();
        student = SmallModels.decoder(device, 42);
        Path parts = folder.resolve("parts");
        ProgressListener stop = (done, total, loss, rate) -> {
            if (done == 3) {
                throw new IllegalStateException("stopped");
            }
        };
        assertThrows(IllegalStateException.class, () -> run(HEADS, parts, Resume.NO, stop));
        student.close();
        student = SmallModels.decoder(device, 42);
        run(HEADS, parts, Resume.SAME_FILES, ProgressListener.NONE);
        assertEquals(lines(whole), lines(parts));
    }

    @Test
    void samplesThatAreHeldBackAreClosedByTheirDataAlone() {
        Dataset rows = SmallModels.data(3, 43);
        Dataset held = new Dataset() {
            @Override
            public long size() {
                return rows.size();
            }

            @Override
            public Optional<Sample> sample(long position) {
                return rows.sample(position);
            }

            @Override
            public String fingerprint() {
                return rows.fingerprint();
            }

            @Override
            public void close() {
                throw new IllegalStateException("closed twice");
            }
        };
        Dataset all = new Held(SmallModels.data(6, 42), held);
        assertTrue(Validation.of(new Validation.Config(1, 3), all, Optional.of(teacher), student)
                .isPresent());
    }

    private JsonObject firstMetrics(String more) throws IOException {
        Path run = folder.resolve("run" + more.length());
        run(HEADS + more, run, Resume.NO, ProgressListener.NONE);
        return Json.parseObject(Files.readAllLines(run.resolve("metrics.jsonl")).getFirst(), "line");
    }

    @Test
    void relativeLossesAreZeroForTheTeacherAndNearOneForZeros() throws IOException {
        student.close();
        student = SmallModels.decoder(device, 7);
        JsonObject same = firstMetrics("");
        assertEquals(0, relative(same, 0));
        assertEquals(0, relative(same, 1));
        student.close();
        student = SmallModels.decoder(device, 7);
        String value = "layers.0.mixer.v_proj.weight";
        student.params()
                .put(value, Tensors.zeros(device, student.params().get(value).shape()));
        assertEquals(1, relative(firstMetrics("  "), 0), 1e-6);
    }

    private static double relative(JsonObject metrics, int layer) {
        return metrics.object("relative_layers")
                .object("mean-squared-error@heads")
                .real(Integer.toString(layer));
    }

    @Test
    void relativeLayerWeightingSumsRelativeLosses() throws IOException {
        JsonObject metrics = firstMetrics(", layer-weighting = relative");
        assertEquals((relative(metrics, 0) + relative(metrics, 1)) / 2, metrics.real("loss"), 1e-5);
    }
}
