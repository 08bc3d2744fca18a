package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.data.Dataset;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.param.Selector;
import carve.api.stage.ProgressListener;
import carve.api.stage.Stage;
import carve.api.stage.StageException;
import carve.api.tensor.Tensor;
import carve.runtime.train.ParamDigest;
import carve.runtime.train.StageContext;
import carve.runtime.train.StageResult;
import carve.runtime.train.TrainingStage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The laws of stages: only selected parameters change, a resumed run ends like an uninterrupted one, and a repeated run
 * ends the same, bit for bit.
 *
 * <pre>{@code
 * final class NormsStageTest extends StageContract {
 *     @Override
 *     protected Stage stage() {
 *         return new Stage(
 *                 Selector.of("layers.*.norm*.**"),
 *                 TrainScope.ALL,
 *                 List.of(LossTerm.of("squares", SmallTraining.loss(Site.OUTPUT))),
 *                 PaddingMask.FULL);
 *     }
 *
 *     @Override
 *     protected Selector trains() {
 *         return Selector.of("layers.*.norm*.**");
 *     }
 * }
 * }</pre>
 */
public abstract class StageContract {
    private static final int STEPS = 10;

    /** A simulated crash of a run, as by a signal, a full disk or a power failure. */
    private static final class SimulatedCrash extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @TempDir
    private Path temporary;

    /** Makes the contract. */
    protected StageContract() {}

    /** Returns the stage under test. */
    protected abstract Stage stage();

    /**
     * Returns the run of the stage: ten steps, with a checkpoint after each fifth. By default one of {@link
     * SmallTraining#config}.
     */
    protected TrainingStage training() {
        return new TrainingStage("test", stage(), SmallTraining.config(STEPS, STEPS / 2));
    }

    /** Returns the selector of the parameters that have to change. */
    protected abstract Selector trains();

    /** Returns a student, the same at each call; by default a small decoder. */
    protected LoadedModel student(Device device) {
        return SmallModels.decoder(device, 42);
    }

    /** Returns a teacher, the same at each call; by default a small decoder with other weights than the student's. */
    protected LoadedModel teacher(Device device) {
        return SmallModels.decoder(device, 7);
    }

    /** Returns the data; by default 7 samples of random tokens. */
    protected Dataset data() {
        return SmallModels.data(7, 42);
    }

    /** Returns the device to try it on, new; the contract closes it. */
    protected Device open() {
        return new ReferenceDevice();
    }

    /** The outcome of a run: the stage's result, and the parameters of student and teacher. */
    private record RunOutcome(StageResult result, Map<String, List<Byte>> student, Map<String, List<Byte>> teacher) {}

    private RunOutcome run(Path folder, boolean resume, ProgressListener progressListener) {
        try (AssertingDevice device = new AssertingDevice(open())) {
            RunOutcome runOutcome;
            try (LoadedModel teacher = teacher(device);
                    LoadedModel student = student(device);
                    Dataset data = data()) {
                StageResult result = training().run(context(teacher, student, data, folder, resume, progressListener));
                assertEquals(ParamDigest.of(student.params()), result.digest(), "digest");
                runOutcome = new RunOutcome(result, bytes(student), bytes(teacher));
            }
            assertEquals(0, device.openBuffers(), "buffers left behind");
            return runOutcome;
        }
    }

    private StageContext context(
            LoadedModel teacher,
            LoadedModel student,
            Dataset data,
            Path folder,
            boolean resume,
            ProgressListener progressListener) {
        List<Integer> layers =
                IntStream.range(0, student.spec().layers().size()).boxed().toList();
        return new StageContext(
                training().needsTeacher() ? Optional.of(teacher) : Optional.empty(),
                student,
                layers,
                data,
                temporary.resolve(folder),
                Optional.empty(),
                resume,
                progressListener);
    }

    private static Map<String, List<Byte>> bytes(LoadedModel model) {
        Map<String, List<Byte>> all = new TreeMap<>();
        model.params().asMap().forEach((name, tensor) -> all.put(name, bytes(tensor)));
        return all;
    }

    private static List<Byte> bytes(Tensor tensor) {
        MemorySegment bytes = TensorValues.bytes(tensor);
        return LongStream.range(0, bytes.byteSize())
                .mapToObj(i -> bytes.get(ValueLayout.JAVA_BYTE, i))
                .toList();
    }

    private Map<String, List<Byte>> initialParameters(boolean teacher) {
        try (Device device = open();
                LoadedModel model = teacher ? teacher(device) : student(device)) {
            return bytes(model);
        }
    }

    /** Every selected parameter changes; no bit of any other does, nor of the teacher. */
    @Test
    public void onlySelectedParametersMove() {
        RunOutcome runOutcome = run(Path.of("run"), false, ProgressListener.NONE);
        initialParameters(false).forEach((name, before) -> {
            if (trains().matches(name)) {
                assertNotEquals(before, runOutcome.student().get(name), name + " is selected and did not change");
            } else {
                assertEquals(before, runOutcome.student().get(name), name + " is not selected and changed");
            }
        });
        assertEquals(initialParameters(true), runOutcome.teacher(), "the teacher");
    }

    /** The result has the figures of the run, and every step is reported. */
    @Test
    public void progressReportsEveryStep() {
        List<Long> reported = new ArrayList<>();
        RunOutcome runOutcome = run(Path.of("run"), false, (done, total, loss, rate) -> {
            reported.add(done);
            assertEquals(STEPS, total, "steps in all");
            assertTrue(Double.isFinite(loss) && Double.isFinite(rate), "loss " + loss + ", rate " + rate);
        });
        assertEquals(LongStream.rangeClosed(1, STEPS).boxed().toList(), reported);
        assertEquals(STEPS, runOutcome.result().steps());
        assertTrue(
                runOutcome.result().tokens() > 0,
                "tokens " + runOutcome.result().tokens());
        assertTrue(Double.isFinite(runOutcome.result().firstLoss())
                && Double.isFinite(runOutcome.result().lastLoss()));
    }

    /** The same run twice ends with the same bits. */
    @Test
    public void sameBitsTwice() {
        RunOutcome first = run(Path.of("first"), false, ProgressListener.NONE);
        RunOutcome second = run(Path.of("second"), false, ProgressListener.NONE);
        assertEquals(first.student(), second.student());
        assertEquals(first.result().digest(), second.result().digest());
    }

    /** Ten steps equal five, a stop, and five; and they equal seven, a stop that loses two, and five. */
    @Test
    public void resumedRunEqualsUninterruptedRun() {
        RunOutcome whole = run(Path.of("whole"), false, ProgressListener.NONE);
        for (int stop : new int[] {5, 7}) {
            Path folder = Path.of("stopped after " + stop);
            assertThrows(RuntimeException.class, () -> run(folder, false, stopAt(stop)));
            List<Long> reported = new ArrayList<>();
            RunOutcome resumed = run(folder, true, (done, total, loss, rate) -> reported.add(done));
            assertEquals(LongStream.rangeClosed(6, STEPS).boxed().toList(), reported, "steps after a stop at " + stop);
            assertEquals(whole.student(), resumed.student(), "parameters after a stop at " + stop);
            assertEquals(whole.result().digest(), resumed.result().digest());
            assertEquals(whole.result().steps(), resumed.result().steps());
            assertEquals(whole.result().tokens(), resumed.result().tokens());
            assertEquals(whole.result().firstLoss(), resumed.result().firstLoss());
        }
    }

    private static ProgressListener stopAt(int step) {
        return (done, total, loss, rate) -> {
            if (done == step) {
                throw new SimulatedCrash();
            }
        };
    }

    /** A run that was stopped before its first checkpoint is resumed from its beginning. */
    @Test
    public void resumingBeforeTheFirstCheckpointRestarts() {
        RunOutcome whole = run(Path.of("whole"), false, ProgressListener.NONE);
        assertThrows(RuntimeException.class, () -> run(Path.of("early"), false, stopAt(2)));
        assertEquals(
                whole.student(),
                run(Path.of("early"), true, ProgressListener.NONE).student());
    }

    /** Resuming a completed run takes no step and returns its result again. */
    @Test
    public void resumingAFinishedRunGivesTheSameResult() {
        RunOutcome whole = run(Path.of("run"), false, ProgressListener.NONE);
        RunOutcome again = run(Path.of("run"), true, stopAt(1));
        assertEquals(whole.student(), again.student());
        assertEquals(whole.result().digest(), again.result().digest());
    }

    /** A student that is not the result of the previous stage is refused. */
    @Test
    public void refusesAnotherPredecessor() {
        try (Device device = open();
                LoadedModel teacher = teacher(device);
                LoadedModel student = student(device);
                Dataset data = data()) {
            StageContext context = context(teacher, student, data, Path.of("run"), false, ProgressListener.NONE);
            StageContext other = new StageContext(
                    context.teacher(),
                    student,
                    context.converted(),
                    data,
                    context.folder(),
                    Optional.of("0".repeat(64)),
                    false,
                    ProgressListener.NONE);
            assertThrows(StageException.class, () -> training().run(other));
        }
    }

    /** A stage that needs a teacher refuses to run without one. */
    @Test
    public void refusesToRunWithoutATeacherItNeeds() {
        if (training().needsTeacher()) {
            try (Device device = open();
                    LoadedModel student = student(device);
                    Dataset data = data()) {
                StageContext context = new StageContext(
                        Optional.empty(),
                        student,
                        List.of(0, 1),
                        data,
                        temporary.resolve("run"),
                        Optional.empty(),
                        false,
                        ProgressListener.NONE);
                assertThrows(StageException.class, () -> training().run(context));
            }
        }
    }
}
