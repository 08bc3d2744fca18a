package carve.runtime.memory;

import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.stage.TrainingMemory;
import carve.api.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The memory of a training step of a stage, in bytes, measured by a dry run on a {@link MetaDevice}.
 *
 * @param stage its name
 * @param teacherBytes the teacher's parameters
 * @param studentBytes the student's parameters, with trained ones in F32
 * @param footprint gradients and moments
 * @param peakBytes the peak of all memory, with all of the above
 */
public record StageTrainingMemory(
        String stage, long teacherBytes, long studentBytes, TrainingMemory footprint, long peakBytes) {
    /**
     * The models of a recipe.
     *
     * @param family the family of both
     * @param teacher the teacher, if there is one
     * @param student the model that is trained
     * @param converted the indices of the layers that the plan converted
     */
    public record TeacherStudent(
            ModelFamily family, Optional<ModelSpec> teacher, ModelSpec student, List<Integer> converted) {
        /** Copies the list. */
        public TeacherStudent {
            converted = List.copyOf(converted);
        }
    }

    /** Returns the bytes of activations, of their gradients and of all else that comes and goes, at the peak. */
    public long transientBytes() {
        return peakBytes - teacherBytes - studentBytes - footprint.gradients() - footprint.optimizerState();
    }

    /**
     * Returns what a stage takes; empty if it cannot be rehearsed.
     *
     * @param positions of each sample, which is text
     * @param weights the type in which parameters are held that are not trained
     */
    public static Optional<StageTrainingMemory> of(
            Stage stage, TeacherStudent teacherStudent, int positions, DType weights) {
        try (MetaDevice device = new MetaDevice();
                LoadedModel student =
                        MetaModels.of(device, teacherStudent.family(), teacherStudent.student(), weights)) {
            Optional<LoadedModel> teacher =
                    teacherStudent.teacher().map(spec -> MetaModels.of(device, teacherStudent.family(), spec, weights));
            try {
                long taught = teacher.map(model -> model.params().bytes()).orElse(0L);
                StageContext context = new StageContext(
                        teacher,
                        student,
                        teacherStudent.converted(),
                        MetaModels.textSamples(positions),
                        Path.of(stage.name()),
                        Optional.empty(),
                        false,
                        (_, _, _, _) -> {});
                return stage.measureMemory(context)
                        .map(kept -> new StageTrainingMemory(
                                stage.name(), taught, student.params().bytes(), kept, device.peakBytes()));
            } finally {
                teacher.ifPresent(LoadedModel::close);
            }
        }
    }
}
