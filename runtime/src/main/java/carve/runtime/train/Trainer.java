package carve.runtime.train;

import carve.api.data.Batch;
import carve.api.data.SkippedSamples;
import carve.api.device.Device;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.model.LoadedModel;
import carve.api.param.ParamStore;
import carve.api.stage.StageException;
import carve.api.tensor.Scope;
import carve.runtime.io.FolderTransaction;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The training loop of a stage: batches, gradients, optimizer steps, checkpoints and metrics. Used once, by one thread. */
final class Trainer {
    /** The file with the result of a stage, and the names of trained and frozen parameters. */
    static final String SUMMARY = "stage.json";

    private static final System.Logger LOG = System.getLogger(Trainer.class.getName());
    private static final double NANOS = 1e-9;

    private final TrainingStage stage;
    private final TrainingConfig settings;
    private final StageContext context;
    private final Objective objective;
    private final ParamStore params;
    private final Device device;
    private final CheckpointFolder folder;
    private boolean inputFilesWritten;

    /** Makes a trainer for one run. */
    Trainer(TrainingStage stage, StageContext context, Objective objective) {
        this.stage = stage;
        this.settings = stage.config();
        this.context = context;
        this.objective = objective;
        this.params = context.student().params();
        this.device = params.device();
        this.folder = new CheckpointFolder(context.folder());
    }

    /**
     * Trains from the beginning, or from the newest checkpoint if the context says so.
     *
     * @throws StageException if the student is not what the stage expects, the folder has another run, or a loss is not
     *     finite
     */
    public StageResult run() {
        return Scope.run(device, this::train);
    }

    /**
     * Makes a step in memory, as {@link #run} does but of two batches at most, and returns the memory that is kept beside
     * teacher and student.
     */
    public TrainingMemory dryRun() {
        return Scope.run(device, () -> {
            Set<String> names = new ParamSelection(stage, context).names();
            objective.requireDifferentiable(names);
            try (TrainableParams trained = new TrainableParams(stage, params, names);
                    GradientAccumulator buffer = new GradientAccumulator()) {
                DataLoader loader = new DataLoader(context.data(), settings.batches(), DataPosition.START);
                // from the second batch on, gradients are there before those of the next are
                for (int i = 0; i < Math.min(2, settings.accumulationSteps()); i++) {
                    accumulate(i, loader.next(), names, buffer);
                }
                TrainingMemory trainingMemory = trained.footprint();
                trained.project(buffer);
                trained.update(1, learningRate(0), buffer, buffer.metrics().clipFactor(settings.maxGradientNorm()));
                return trainingMemory;
            }
        });
    }

    private StageResult train() {
        ParamSelection paramSelection = new ParamSelection(stage, context);
        Set<String> names = paramSelection.names();
        objective.requireDifferentiable(names);
        paramSelection.requireUnsharedBuffers(names);
        ResumePoint start = ResumePoint.of(stage, context, fingerprint());
        try (TrainableParams trained = new TrainableParams(stage, params, names)) {
            LOG.log(
                    Level.INFO,
                    "stage {0}: {1} at step {2} of {3}, {4} tensors trainable, {5} frozen",
                    stage.name(),
                    start.checkpoint().isPresent() ? "resumes" : "starts",
                    start.state().step(),
                    settings.steps(),
                    names.size(),
                    trained.frozen().size());
            StageSchedule.write(stage, context);
            start.checkpoint().ifPresent(trained::load);
            TrainerState end = start.state().step() == settings.steps() ? start.state() : steps(start.state(), trained);
            trained.requireFrozenUnchanged();
            return finish(end, trained);
        }
    }

    private Map<String, String> fingerprint() {
        Map<String, String> fixed = stage.fingerprint();
        fixed.put("converted layers", context.converted().toString());
        fixed.put("data", context.data().fingerprint());
        fixed.put(ResumePoint.INPUT_FILES, context.inputFiles().digest());
        return fixed;
    }

    private TrainerState steps(TrainerState from, TrainableParams trained) {
        TrainerState state = from;
        DataLoader loader = new DataLoader(context.data(), settings.batches(), from.position());
        try (MetricsLog metrics = MetricsLog.open(
                        context.folder(), from.step(), settings.logging().tensorboard());
                BatchPrefetcher batches =
                        new BatchPrefetcher(loader, settings.batches().prefetchBatches())) {
            ValidationLog validation =
                    new ValidationLog(stage.name(), settings.steps(), context.report(), context.folder(), from.step());
            if (from.step() == 0) {
                validation.start(metrics);
            }
            while (state.step() < settings.steps()) {
                state = step(state, trained, batches, metrics, validation);
                if (state.step() % settings.logging().checkpointSteps() == 0 || state.step() == settings.steps()) {
                    writeCheckpoint(state, trained);
                }
                context.progressListener()
                        .step(
                                state.step(),
                                settings.steps(),
                                state.recentLosses().getLast(),
                                learningRate(state.step() - 1));
            }
        }
        return state;
    }

    // the list of files is that of the newest checkpoint, so it is not written before there is one
    private void writeCheckpoint(TrainerState state, TrainableParams trained) {
        if (!inputFilesWritten) {
            context.inputFiles().write(context.folder());
            inputFilesWritten = true;
        }
        folder.write(state, trained.tensors(), settings.logging().maxCheckpoints());
    }

    private double learningRate(long step) {
        return settings.optimizer().learningRate()
                * settings.learningRateSchedule().factor(step);
    }

    private TrainerState step(
            TrainerState before,
            TrainableParams trained,
            BatchPrefetcher batches,
            MetricsLog metrics,
            ValidationLog validation) {
        long began = System.nanoTime();
        long step = before.step() + 1;
        long tokens = 0;
        DataPosition position = before.position();
        StepMetrics values;
        Optional<Batch> last = Optional.empty();
        try (GradientAccumulator buffer = new GradientAccumulator()) {
            for (int i = 0; i < settings.accumulationSteps(); i++) {
                DataLoader.Item item = batches.next();
                accumulate((step - 1) * settings.accumulationSteps() + i, item, trained.names(), buffer);
                tokens += item.batch().tokens();
                last = Optional.of(item.batch());
                position = item.nextPosition();
            }
            trained.project(buffer);
            values = buffer.metrics();
            requireFinite(step, values, last);
            if (step == 1) {
                warnOfZeroGradients(values);
            }
            trained.update(step, learningRate(step - 1), buffer, values.clipFactor(settings.maxGradientNorm()));
        }
        double seconds = (System.nanoTime() - began) * NANOS;
        if (step % settings.logging().metricsSteps() == 0 || step == settings.steps()) {
            metrics.write(step, values, learningRate(step - 1), tokens / seconds, before.seconds() + seconds);
        }
        TrainerState after = before.next(position, tokens, seconds, values.loss());
        validation.step(after, values, metrics);
        return after;
    }

    private void accumulate(long batchIndex, DataLoader.Item item, Set<String> trained, GradientAccumulator buffer) {
        objective.forBatch(batchIndex).accumulate(item.batch(), 1.0 / settings.accumulationSteps(), trained, buffer);
    }

    private void requireFinite(long step, StepMetrics values, Optional<Batch> last) {
        if (!values.isFinite()) {
            LoadedModel student = context.student();
            String cause = Scope.run(
                            student.device(),
                            () -> last.flatMap(batch ->
                                    student.model().firstNonFinite(student.params(), batch.inputs(student.device()))))
                    .map("; "::concat)
                    .orElse("");
            throw stage.failure("step %d: loss %s, gradient norm %s; try a lower learning-rate or max-gradient-norm%s"
                    .formatted(step, values.loss(), values.gradientNorm(), cause));
        }
    }

    private void warnOfZeroGradients(StepMetrics values) {
        List<String> idle = new ArrayList<>();
        values.squaredGradientNorms().forEach((name, square) -> {
            if (square == 0 && !LowRankAdapters.isInitiallyIdle(name)) {
                idle.add(name);
            }
        });
        if (!idle.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "stage {0}: the gradients of {1} are zero; exclude these parameters from 'train'",
                    stage.name(),
                    idle);
        }
    }

    private StageResult finish(TrainerState end, TrainableParams trained) {
        double last =
                end.recentLosses().stream().mapToDouble(loss -> loss).average().orElse(Double.NaN);
        StageResult result = new StageResult(
                stage.name(), end.step(), end.firstLoss(), last, end.seconds(), end.tokens(), ParamDigest.of(params));
        Map<String, SkippedSamples> skipped = new TreeMap<>(context.data().skipped());
        JsonObject summary = JsonObject.empty()
                .with("name", stage.name())
                .with("steps", result.steps())
                .with("first_loss", result.firstLoss())
                .with("last_loss", result.lastLoss())
                .with("seconds", result.seconds())
                .with("tokens", result.tokens())
                .with("digest_before", end.initialDigest())
                .with("digest_after", result.digest())
                .with("trained", JsonArray.ofStrings(List.copyOf(trained.names())))
                .with("frozen", JsonArray.ofStrings(List.copyOf(trained.frozen())))
                .with(
                        "skipped_samples",
                        JsonArray.ofStrings(skipped.entrySet().stream()
                                .map(e -> e.getKey() + ": " + e.getValue())
                                .toList()));
        try (FolderTransaction folderTransaction = FolderTransaction.begin(context.folder())) {
            folderTransaction.write(SUMMARY, Json.print(summary).getBytes(StandardCharsets.UTF_8));
            folderTransaction.commit();
        }
        LOG.log(
                Level.INFO,
                "stage {0}: {1} steps, loss from {2} to {3}, skipped samples: {4}",
                stage.name(),
                end.step(),
                end.firstLoss(),
                last,
                skipped);
        return result;
    }
}
