package carve.runtime.memory;

import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.tensor.DType;
import carve.runtime.train.StageContext;
import carve.runtime.train.TrainingMemory;
import carve.runtime.train.TrainingStage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The memory that a step of a stage takes, in bytes, counted by a dry run on a {@link MetaDevice}.
 *
 * @param stage the name of the stage
 * @param teacherBytes of the teacher's parameters
 * @param studentBytes of the student's parameters, those that are trained in F32
 * @param footprint of gradients and moments
 * @param peakBytes the peak, including all of the above
 */
public record StageTrainingMemory(
        String stage, long teacherBytes, long studentBytes, TrainingMemory footprint, long peakBytes) {
    /**
     * The models of a recipe.
     *
     * @param family the family of both
     * @param teacher the model to imitate, if there is one
     * @param student the model that is trained
     * @param converted the numbers of the layers that the plan converted
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
     * Returns the memory of a step of a stage.
     *
     * @param positions of each sample, which is text
     * @param weights the type in which parameters are held that are not trained
     */
    public static StageTrainingMemory of(
            TrainingStage stage, TeacherStudent teacherStudent, int positions, DType weights) {
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
                TrainingMemory kept = stage.dryRun(context);
                return new StageTrainingMemory(
                        stage.name(), taught, student.params().bytes(), kept, device.peakBytes());
            } finally {
                teacher.ifPresent(LoadedModel::close);
            }
        }
    }
}
