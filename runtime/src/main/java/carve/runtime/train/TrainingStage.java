package carve.runtime.train;

import carve.api.model.LoadedModel;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.stage.StageException;
import carve.api.stage.StageResult;
import carve.api.stage.TrainingMemory;
import java.util.List;
import java.util.Optional;

/**
 * A stage that trains a student, by a teacher or by labels.
 *
 * @param config what every stage is told
 * @param paddingMask what models are told of padding
 * @param gradientCheckpointing whether activations inside of layers are computed again for gradients
 * @param logitsLoss how much of logits is there at once
 */
public record TrainingStage(
        TrainingConfig config, PaddingMask paddingMask, boolean gradientCheckpointing, ChunkedLogitsLoss logitsLoss)
        implements Stage {
    @Override
    public String name() {
        return config.name();
    }

    @Override
    public boolean needsTeacher() {
        return config.terms().stream()
                .anyMatch(lossTerm ->
                        lossTerm.inputs() != LayerInputs.NONE || lossTerm.loss().needsTeacher());
    }

    @Override
    public StageResult run(StageContext context) {
        return new Trainer(config, context, objective(context)).run();
    }

    @Override
    public Optional<TrainingMemory> measureMemory(StageContext context) {
        return Optional.of(new Trainer(config, context, objective(context)).dryRun());
    }

    public Objective objective(StageContext context) {
        if (needsTeacher() && context.teacher().isEmpty()) {
            throw new StageException(
                    "stage '%s' compares the student with a teacher, but there is none; name one in the recipe"
                            .formatted(name()));
        }
        context.teacher().ifPresent(teacher -> requireSameShape(teacher, context.student()));
        DropoutObjective.Factory factory = (whole, alone) -> objective(context, whole, alone);
        Objective plain = factory.create(context.student(), context.student());
        return config.dropout() == 0
                ? plain
                : new DropoutObjective(
                        context.student(), config.dropout(), config.batches().seed(), factory);
    }

    private Objective objective(StageContext context, LoadedModel whole, LoadedModel alone) {
        List<LossTerm> forced = LayerwiseDistillation.withInputs(config.terms(), LayerInputs.TEACHER);
        List<LossTerm> rest = config.terms().stream()
                .filter(lossTerm -> !forced.contains(lossTerm))
                .toList();
        Optional<LayerwiseDistillation> lessons = forced.isEmpty()
                ? Optional.empty()
                : Optional.of(new LayerwiseDistillation(name(), alone, context.converted(), forced));
        if (rest.isEmpty()) {
            return new LayerwiseObjective(name(), context.teacher().orElseThrow(), lessons.orElseThrow(), paddingMask);
        }
        Optional<LoadedModel> teacher = needsTeacher() ? context.teacher() : Optional.empty();
        return new EndToEndObjective(
                name(),
                teacher,
                whole,
                context.converted(),
                rest,
                lessons,
                paddingMask,
                gradientCheckpointing,
                logitsLoss);
    }

    private void requireSameShape(LoadedModel teacher, LoadedModel student) {
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
