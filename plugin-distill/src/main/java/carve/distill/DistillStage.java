package carve.distill;

import carve.api.model.LoadedModel;
import carve.api.stage.Footprint;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.stage.StageException;
import carve.api.stage.StageResult;
import carve.distill.training.Forcing;
import carve.distill.training.Objective;
import carve.distill.training.Term;
import carve.distill.training.Trainer;
import carve.distill.training.TrainingSettings;
import java.util.List;
import java.util.Optional;

/**
 * A stage that trains a student, by a teacher or by labels.
 *
 * @param settings what every stage is told
 * @param pads what models are told of padding
 * @param recompute whether activations inside of layers are computed again for gradients
 * @param vocabulary how much of logits is there at once
 */
record DistillStage(TrainingSettings settings, Pads pads, boolean recompute, Vocabulary vocabulary) implements Stage {
    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public boolean needsTeacher() {
        return settings.terms().stream()
                .anyMatch(term -> term.forcing() != Forcing.NONE || term.loss().needsTeacher());
    }

    @Override
    public StageResult run(StageContext context) {
        return new Trainer(settings, context, objective(context)).run();
    }

    @Override
    public Optional<Footprint> rehearse(StageContext context) {
        return Optional.of(new Trainer(settings, context, objective(context)).rehearse());
    }

    Objective objective(StageContext context) {
        if (needsTeacher() && context.teacher().isEmpty()) {
            throw new StageException(
                    "stage '%s' compares the student with a teacher, but there is none; name one in the recipe"
                            .formatted(name()));
        }
        context.teacher().ifPresent(teacher -> requireAlike(teacher, context.student()));
        Dropping.Maker maker = (whole, alone) -> objective(context, whole, alone);
        Objective plain = maker.of(context.student(), context.student());
        return settings.dropout() == 0
                ? plain
                : new Dropping(
                        context.student(),
                        settings.dropout(),
                        settings.batches().seed(),
                        maker);
    }

    private Objective objective(StageContext context, LoadedModel whole, LoadedModel alone) {
        List<Term> forced = Lessons.chosen(settings.terms(), Forcing.TEACHER);
        List<Term> rest =
                settings.terms().stream().filter(term -> !forced.contains(term)).toList();
        Optional<Lessons> lessons = forced.isEmpty()
                ? Optional.empty()
                : Optional.of(new Lessons(name(), alone, context.converted(), forced));
        if (rest.isEmpty()) {
            return new LayerwiseObjective(name(), context.teacher().orElseThrow(), lessons.orElseThrow(), pads);
        }
        Optional<LoadedModel> teacher = needsTeacher() ? context.teacher() : Optional.empty();
        return new EndToEndObjective(
                name(), teacher, whole, context.converted(), rest, lessons, pads, recompute, vocabulary);
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
