package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.data.Batch;
import carve.api.data.Dataset;
import carve.api.model.LoadedModel;
import carve.api.model.Site;
import carve.api.stage.LayerInputs;
import carve.api.stage.LossTerm;
import carve.api.stage.Stage;
import carve.api.stage.StageException;
import carve.api.stage.StageProvider;
import carve.runtime.catalog.Catalogs;
import carve.runtime.catalog.SettingsFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A stage of a recipe, ready to run: a declaration, and the settings that all stages have.
 *
 * @param name the name that the recipe gave it
 * @param stage what is trained, by which losses
 * @param config steps, optimizer, schedule, batches, checkpoints and metrics
 */
public record TrainingStage(String name, Stage stage, TrainingConfig config) {
    /** The resource with the defaults of the settings that all stages have. */
    private static final String DEFAULTS = "stage.conf";

    /**
     * Returns the stage that a section of a recipe describes.
     *
     * @param section the section, without its {@code data}
     * @throws carve.api.config.SettingsException if there is no such stage, or a setting is wrong or unknown
     */
    public static TrainingStage of(Settings section, Catalogs catalogs) {
        return catalogs.stages().create(section, (StageProvider provider, Settings own) -> {
            TreeSettings settings = new TreeSettings(own.asTree().over(defaults()));
            TrainingStage stage = new TrainingStage(
                    settings.string("name"),
                    provider.create(settings, catalogs.stageComponents()),
                    TrainingConfig.from(settings, catalogs));
            settings.requireAllRead();
            return stage;
        });
    }

    private static SettingsNode.Section defaults() {
        return SettingsFormat.installed()
                .resource(TrainingStage.class.getModule(), DEFAULTS)
                .orElseThrow(() -> new IllegalStateException("the module has no " + DEFAULTS))
                .asTree();
    }

    /**
     * Returns the number of positions of the longest row of the first batch of data.
     *
     * @throws StageException if a sample of it cannot be read
     */
    int samplePositions(Dataset data) {
        BatchConfig batches = config.batches();
        BatchConfig first = new BatchConfig(batches.batchSize(), 1, batches.paddingToken(), batches.seed(), 1);
        try {
            Batch batch = new DataLoader(data, first, DataPosition.START).next().batch();
            return Math.max(2, batch.positions());
        } catch (IllegalArgumentException e) {
            throw new StageException("stage '%s': data: %s".formatted(name, e.getMessage()), e);
        }
    }

    /** Returns whether the stage needs a teacher. */
    public boolean needsTeacher() {
        return stage.needsTeacher();
    }

    /**
     * Trains the student in place, and writes checkpoints and metrics into the run's folder; continues an interrupted run if
     * the context says so.
     *
     * @throws StageException if the student is not what the stage expects, or training fails
     */
    public StageResult run(StageContext context) {
        return new Trainer(this, context, objective(context)).run();
    }

    /**
     * Makes one step in memory, of the size of a step of the run, and writes no file, to measure the memory that training takes.
     * The student is changed.
     *
     * @return the memory that is kept from step to step
     * @throws StageException if the student is not what the stage expects
     */
    public TrainingMemory dryRun(StageContext context) {
        return new Trainer(this, context, objective(context)).dryRun();
    }

    /**
     * Returns what the stage minimises for these models.
     *
     * @throws StageException if the models do not fit the stage
     */
    public Objective objective(StageContext context) {
        if (needsTeacher() && context.teacher().isEmpty()) {
            throw failure("needs a teacher; set 'teacher' in the recipe");
        }
        context.teacher().ifPresent(teacher -> requireFit(teacher, context.student()));
        DropoutObjective.Factory factory = (endToEnd, layerwise) -> objective(context, endToEnd, layerwise);
        Objective plain = factory.create(context.student(), context.student());
        return config.dropout() == 0
                ? plain
                : new DropoutObjective(
                        context.student(), config.dropout(), config.batches().seed(), factory);
    }

    private Objective objective(StageContext context, LoadedModel endToEnd, LoadedModel layerwise) {
        requireLayers(context.converted());
        List<LossTerm> separate = withTeacherInputs(true);
        List<LossTerm> rest = withTeacherInputs(false);
        Optional<LayerwiseDistillation> distillation = separate.isEmpty()
                ? Optional.empty()
                : Optional.of(new LayerwiseDistillation(
                        name, layerwise, context.converted(), separate, config.layerWeighting()));
        if (rest.isEmpty()) {
            return new LayerwiseObjective(
                    name, context.teacher().orElseThrow(), distillation.orElseThrow(), stage.paddingMask());
        }
        return new EndToEndObjective(
                name,
                needsTeacher() ? context.teacher() : Optional.empty(),
                endToEnd,
                context.converted(),
                rest,
                distillation,
                stage.paddingMask(),
                config.gradientCheckpointing(),
                config.layerWeighting(),
                config.logitsLoss());
    }

    private void requireLayers(List<Integer> converted) {
        stage.losses().stream()
                .filter(term -> term.isPerLayer() && term.every() > Math.max(1, converted.size()))
                .findFirst()
                .ifPresent(term -> {
                    throw failure("%s has every = %d, but the plan converts only %d layers"
                            .formatted(term.label(), term.every(), converted.size()));
                });
    }

    private List<LossTerm> withTeacherInputs(boolean has) {
        return stage.losses().stream()
                .filter(term -> has == (term.inputs() == LayerInputs.TEACHER))
                .toList();
    }

    // logits are compared with those of any model with the same vocabulary, all else layer by layer
    private void requireFit(LoadedModel teacher, LoadedModel student) {
        boolean onlyLogits = stage.losses().stream()
                .filter(LossTerm::needsTeacher)
                .allMatch(term -> term.loss().site().equals(Site.LOGITS));
        if (!onlyLogits) {
            requireSameShape(teacher, student);
        } else if (needsTeacher()
                && teacher.spec().vocabulary() != student.spec().vocabulary()) {
            throw failure(
                    "the vocabularies of teacher (%d tokens) and student (%d tokens) differ; choose a teacher with the student's tokenizer"
                            .formatted(
                                    teacher.spec().vocabulary(), student.spec().vocabulary()));
        }
    }

    private void requireSameShape(LoadedModel teacher, LoadedModel student) {
        int taught = teacher.spec().layers().size();
        int learning = student.spec().layers().size();
        if (taught != learning || teacher.spec().hidden() != student.spec().hidden()) {
            throw failure(("teacher (%d layers, hidden size %d) and student (%d layers, hidden size %d) do not match;"
                            + " convert the student from this teacher")
                    .formatted(
                            taught,
                            teacher.spec().hidden(),
                            learning,
                            student.spec().hidden()));
        }
    }

    /** Returns the exception for a problem of this stage. */
    StageException failure(String problem) {
        return new StageException("stage '%s': %s".formatted(name, problem));
    }

    /** Returns the settings that must be the same when a run is resumed, by key. */
    Map<String, String> fingerprint() {
        Map<String, String> fixed = new LinkedHashMap<>();
        fixed.put("train", stage.train() + " of " + Settings.enumConstant(stage.trainScope()));
        fixed.put(
                "losses",
                stage.losses().stream().map(TrainingStage::fingerprint).toList().toString());
        fixed.put("padding-mask", Settings.enumConstant(stage.paddingMask()));
        fixed.putAll(config.fingerprint());
        return fixed;
    }

    private static String fingerprint(LossTerm term) {
        if (!term.isPerLayer()) {
            return term.loss().toString();
        }
        String all = "%s with inputs = %s, layer-reduction = %s"
                .formatted(
                        term.loss(),
                        Settings.enumConstant(term.inputs()),
                        Settings.enumConstant(term.layerReduction()));
        return term.every() == 1 ? all : all + ", every = " + term.every();
    }
}
