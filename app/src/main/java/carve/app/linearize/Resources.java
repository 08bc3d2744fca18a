package carve.app.linearize;

import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.api.device.Device;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.tensor.DType;
import carve.app.report.HumanReadable;
import carve.runtime.convert.Conversion;
import carve.runtime.memory.StageTrainingMemory;
import carve.runtime.memory.StageTrainingMemory.TeacherStudent;
import carve.runtime.train.HostResources;
import carve.runtime.train.TrainingStage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The memory and disk that a run needs, counted before it begins.
 *
 * @param stageBytes the memory of a step of each stage, in order
 * @param diskBytes of the folder at the end
 */
record Resources(List<Long> stageBytes, long diskBytes) {
    // beside the first student, the last and that of each stage, checkpoints: two of each stage, of trained parameters
    // and two moments
    private static final int MODELS_ON_DISK = 2;
    private static final int CHECKPOINT_MODELS = 3;
    private static final int CHECKPOINTS = 2;

    /** Counts the resources of stages, for a student whose layers are all converted. */
    static Resources of(LinearizeContext context, List<StageScaling.Stage> stages) {
        ModelSpec teacher = context.teacher().spec();
        ModelSpec student = PlanPhase.allConverted(context);
        TeacherStudent pair = new TeacherStudent(
                context.teacher().family(), Optional.of(teacher), student, Conversion.converted(teacher, student));
        List<Long> bytes = stages.stream()
                .map(stage -> StageTrainingMemory.of(
                                TrainingStage.of(
                                        new TreeSettings(stage.section().without("data")), context.catalogs()),
                                pair,
                                stage.length(),
                                DType.F32)
                        .peakBytes())
                .toList();
        long model = student.parameters().stream()
                .map(ParamSpec::shape)
                .mapToLong(shape -> shape.size() * Float.BYTES)
                .sum();
        return new Resources(bytes, model * (MODELS_ON_DISK + (1L + CHECKPOINT_MODELS * CHECKPOINTS) * stages.size()));
    }

    /** Returns the memory of the most demanding stage. */
    long memoryBytes() {
        return stageBytes.stream().mapToLong(bytes -> bytes).max().orElse(0);
    }

    /**
     * Refuses a run that the device or the disk cannot hold.
     *
     * @throws SettingsException if it cannot
     */
    void require(Path out, Device device) throws IOException {
        long memory = HostResources.memoryBytes(device);
        if (memoryBytes() > memory) {
            throw new SettingsException("training takes %s, this machine has %s; shorter rows (-Dmax-length) take less"
                    .formatted(HumanReadable.bytes(memoryBytes()), HumanReadable.bytes(memory)));
        }
        long free = HostResources.freeBytes(out);
        if (diskBytes > free) {
            throw new SettingsException("%s: takes up to %s, the disk has %s free"
                    .formatted(out, HumanReadable.bytes(diskBytes), HumanReadable.bytes(free)));
        }
    }
}
