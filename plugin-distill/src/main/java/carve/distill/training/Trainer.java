package carve.distill.training;

import carve.api.checkpoint.Staging;
import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.device.Device;
import carve.api.param.ParamStore;
import carve.api.stage.Footprint;
import carve.api.stage.ParamDigest;
import carve.api.stage.StageContext;
import carve.api.stage.StageException;
import carve.api.stage.StageResult;
import carve.api.tensor.Scope;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Goes through the steps of a stage. Used once, by one thread. */
public final class Trainer {
    /** The file that says what a stage has done with every tensor. */
    static final String SUMMARY = "stage.json";

    private static final System.Logger LOG = System.getLogger(Trainer.class.getName());
    private static final double NANOS = 1e-9;

    private final TrainingSettings settings;
    private final StageContext context;
    private final Objective objective;
    private final ParamStore params;
    private final Device device;
    private final RunFolder folder;

    /** Makes a trainer for one run. */
    public Trainer(TrainingSettings settings, StageContext context, Objective objective) {
        this.settings = settings;
        this.context = context;
        this.objective = objective;
        this.params = context.student().params();
        this.device = params.device();
        this.folder = new RunFolder(context.folder());
    }

    /**
     * Trains from the beginning, or from the newest checkpoint if the context says so.
     *
     * @throws StageException if the student is not what the stage expects, the folder not what it may be, or a loss is not a
     *     number
     */
    public StageResult run() {
        return Scope.run(device, this::train);
    }

    /**
     * Makes a step in memory, as {@link #run} does but of two batches at most, and returns what is kept beside teacher and
     * student.
     */
    public Footprint rehearse() {
        return Scope.run(device, () -> {
            Set<String> names = new Selection(settings, context).names();
            objective.check(names);
            try (TrainedParams trained = new TrainedParams(settings, params, names);
                    StepBuffer buffer = new StepBuffer()) {
                BatchStream stream = new BatchStream(context.data(), settings.batches(), DataPosition.BEGIN);
                // from the second batch on, gradients are there before those of the next are
                for (int i = 0; i < Math.min(2, settings.accumulation()); i++) {
                    accumulate(i, stream.next(), names, buffer);
                }
                Footprint footprint = trained.footprint();
                trained.update(1, rate(0), buffer, buffer.read().clip(settings.clip()));
                return footprint;
            }
        });
    }

    private StageResult train() {
        Selection selection = new Selection(settings, context);
        Set<String> names = selection.names();
        objective.check(names);
        selection.requireOwnMemory(names);
        StartingPoint start = StartingPoint.of(settings, context, fixed());
        try (TrainedParams trained = new TrainedParams(settings, params, names)) {
            LOG.log(
                    Level.INFO,
                    "stage {0}: {1} from step {2} to {3}, {4} tensors trained, {5} frozen",
                    settings.name(),
                    start.checkpoint().isPresent() ? "goes on" : "goes",
                    start.state().step(),
                    settings.steps(),
                    names.size(),
                    trained.frozen().size());
            Course.write(settings, context);
            start.checkpoint().ifPresent(trained::load);
            RunState end = start.state().step() == settings.steps() ? start.state() : steps(start.state(), trained);
            trained.requireOthersUntouched();
            return finish(end, trained);
        }
    }

    private Map<String, String> fixed() {
        Map<String, String> fixed = settings.fixed();
        fixed.put("converted layers", context.converted().toString());
        fixed.put("data", context.data().identity());
        return fixed;
    }

    private RunState steps(RunState from, TrainedParams trained) {
        RunState state = from;
        BatchStream stream = new BatchStream(context.data(), settings.batches(), from.position());
        try (MetricsLog metrics = MetricsLog.open(
                        context.folder(), from.step(), settings.reports().tensorboard());
                Prefetcher batches = new Prefetcher(stream, settings.batches().prefetch())) {
            while (state.step() < settings.steps()) {
                state = step(state, trained, batches, metrics);
                if (state.step() % settings.reports().checkpointEvery() == 0 || state.step() == settings.steps()) {
                    folder.write(state, trained.tensors(), settings.reports().keep());
                }
                context.progress()
                        .step(state.step(), settings.steps(), state.recent().getLast(), rate(state.step() - 1));
            }
        }
        return state;
    }

    private double rate(long step) {
        return settings.optimizer().rate() * settings.schedule().factor(step);
    }

    private RunState step(RunState before, TrainedParams trained, Prefetcher batches, MetricsLog metrics) {
        long began = System.nanoTime();
        long step = before.step() + 1;
        long tokens = 0;
        DataPosition position = before.position();
        StepValues values;
        try (StepBuffer buffer = new StepBuffer()) {
            for (int i = 0; i < settings.accumulation(); i++) {
                BatchStream.Item item = batches.next();
                accumulate((step - 1) * settings.accumulation() + i, item, trained.names(), buffer);
                tokens += item.batch().tokens();
                position = item.after();
            }
            values = buffer.read();
            requireFinite(step, values);
            if (step == 1) {
                warnOfIdle(values);
            }
            trained.update(step, rate(step - 1), buffer, values.clip(settings.clip()));
        }
        double seconds = (System.nanoTime() - began) * NANOS;
        if (step % settings.reports().metricsEvery() == 0 || step == settings.steps()) {
            metrics.write(step, values, rate(step - 1), tokens / seconds, before.seconds() + seconds);
        }
        return before.after(position, tokens, seconds, values.loss());
    }

    private void accumulate(long drawing, BatchStream.Item item, Set<String> trained, StepBuffer buffer) {
        objective.drawing(drawing).accumulate(item.batch(), 1.0 / settings.accumulation(), trained, buffer);
    }

    private void requireFinite(long step, StepValues values) {
        if (!values.isFinite()) {
            throw settings.failure(
                    "step %d: the loss is %s, the norm of the gradients %s; a smaller rate or gradient-clip may help"
                            .formatted(step, values.loss(), values.norm()));
        }
    }

    private void warnOfIdle(StepValues values) {
        List<String> idle = new ArrayList<>();
        values.squares().forEach((name, square) -> {
            if (square == 0) {
                idle.add(name);
            }
        });
        if (!idle.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "stage {0}: the losses do not depend on {1}; leave them out of 'train'",
                    settings.name(),
                    idle);
        }
    }

    private StageResult finish(RunState end, TrainedParams trained) {
        double last = end.recent().stream().mapToDouble(loss -> loss).average().orElse(Double.NaN);
        StageResult result =
                new StageResult(end.step(), end.firstLoss(), last, end.seconds(), end.tokens(), ParamDigest.of(params));
        Map<String, Long> leftOut = new TreeMap<>(context.data().leftOut());
        JsonObject summary = JsonObject.empty()
                .with("name", settings.name())
                .with("steps", result.steps())
                .with("first_loss", result.firstLoss())
                .with("last_loss", result.lastLoss())
                .with("seconds", result.seconds())
                .with("tokens", result.tokens())
                .with("student_before", end.student())
                .with("student_after", result.digest())
                .with("trained", JsonArray.ofStrings(List.copyOf(trained.names())))
                .with("frozen", JsonArray.ofStrings(List.copyOf(trained.frozen())))
                .with(
                        "samples_left_out",
                        JsonArray.ofStrings(leftOut.entrySet().stream()
                                .map(e -> e.getValue() + ": " + e.getKey())
                                .toList()));
        try (Staging staging = Staging.in(context.folder())) {
            staging.write(SUMMARY, Json.print(summary).getBytes(StandardCharsets.UTF_8));
            staging.commit();
        }
        LOG.log(
                Level.INFO,
                "stage {0}: {1} steps, loss from {2} to {3}, samples left out: {4}",
                settings.name(),
                end.step(),
                end.firstLoss(),
                last,
                leftOut);
        return result;
    }
}
