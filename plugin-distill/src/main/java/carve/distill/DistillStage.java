package carve.distill;

import carve.api.model.LoadedModel;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.stage.StageException;
import carve.api.stage.StageResult;
import carve.distill.training.Objective;
import carve.distill.training.Trainer;
import carve.distill.training.TrainingSettings;
import java.util.Optional;

/**
 * A stage that trains a student, by a teacher or by labels.
 *
 * @param settings what every stage is told
 * @param forcing what the student's layers are given
 * @param pads what models are told of padding
 * @param recompute whether activations inside of layers are computed again for gradients
 */
record DistillStage(TrainingSettings settings, Forcing forcing, Pads pads, boolean recompute) implements Stage {
    /** What the student's layers are given. */
    enum Forcing {
        /** What the teacher's layers had; layers learn alone. */
        TEACHER,
        /** What the student's own layers before them made. */
        NONE
    }

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public boolean needsTeacher() {
        return forcing == Forcing.TEACHER
                || settings.terms().stream().anyMatch(term -> term.loss().needsTeacher());
    }

    @Override
    public StageResult run(StageContext context) {
        return new Trainer(settings, context, objective(context)).run();
    }

    Objective objective(StageContext context) {
        if (needsTeacher() && context.teacher().isEmpty()) {
            throw new StageException(
                    "stage '%s' compares the student with a teacher, but there is none; name one in the recipe"
                            .formatted(name()));
        }
        context.teacher().ifPresent(teacher -> requireAlike(teacher, context.student()));
        Optional<LoadedModel> teacher = needsTeacher() ? context.teacher() : Optional.empty();
        return switch (forcing) {
            case TEACHER ->
                new LayerwiseObjective(
                        name(), teacher.orElseThrow(), context.student(), context.converted(), settings.terms(), pads);
            case NONE ->
                new EndToEndObjective(
                        name(), teacher, context.student(), context.converted(), settings.terms(), pads, recompute);
        };
    }

    private void requireAlike(LoadedModel teacher, LoadedModel student) {
        int taught = teacher.spec().layers().size();
        int learning = student.spec().layers().size();
        if (taught != learning || teacher.spec().hidden() != student.spec().hidden()) {
            throw new StageException(
                    "stage '%s': the teacher has %d layers of width %d, the student %d of width %d; convert the"
                                    .formatted(
                                            name(),
                                            taught,
                                            teacher.spec().hidden(),
                                            learning,
                                            student.spec().hidden())
                            + " student from this teacher");
        }
    }
}
