package carve.app.memory;

import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.stage.Footprint;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a step of a stage takes, in bytes, counted by rehearsing it on a {@link PaperDevice}.
 *
 * @param stage its name
 * @param teacher of the teacher's parameters
 * @param student of the student's parameters, those that are trained in F32
 * @param kept of gradients and moments
 * @param peak the most that is there at one time, all of the above included
 */
public record StageMemory(String stage, long teacher, long student, Footprint kept, long peak) {
    /**
     * The models of a recipe.
     *
     * @param family of both
     * @param teacher whom is learnt from, if anybody
     * @param student who learns
     * @param converted the numbers of the layers that the plan converted
     */
    public record Pair(ModelFamily family, Optional<ModelSpec> teacher, ModelSpec student, List<Integer> converted) {
        /** Copies the list. */
        public Pair {
            converted = List.copyOf(converted);
        }
    }

    /** Returns the bytes of activations, of their gradients and of all else that comes and goes, at the peak. */
    public long passing() {
        return peak - teacher - student - kept.gradients() - kept.moments();
    }

    /**
     * Returns what a stage takes; empty if it cannot be rehearsed.
     *
     * @param positions of each sample, which is text
     * @param weights the type in which parameters are held that are not trained
     */
    public static Optional<StageMemory> of(Stage stage, Pair pair, int positions, DType weights) {
        try (PaperDevice device = new PaperDevice();
                LoadedModel student = PaperModels.of(device, pair.family(), pair.student(), weights)) {
            Optional<LoadedModel> teacher =
                    pair.teacher().map(spec -> PaperModels.of(device, pair.family(), spec, weights));
            try {
                long taught = teacher.map(model -> model.params().bytes()).orElse(0L);
                StageContext context = new StageContext(
                        teacher,
                        student,
                        pair.converted(),
                        PaperModels.text(positions),
                        Path.of(stage.name()),
                        Optional.empty(),
                        false,
                        (_, _, _, _) -> {});
                return stage.rehearse(context)
                        .map(kept -> new StageMemory(
                                stage.name(), taught, student.params().bytes(), kept, device.peak()));
            } finally {
                teacher.ifPresent(LoadedModel::close);
            }
        }
    }
}
