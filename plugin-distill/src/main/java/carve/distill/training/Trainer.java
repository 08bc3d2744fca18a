package carve.distill.training;

import carve.api.checkpoint.Staging;
import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.param.ParamException;
import carve.api.param.ParamStore;
import carve.api.stage.Footprint;
import carve.api.stage.ParamDigest;
import carve.api.stage.StageContext;
import carve.api.stage.StageException;
import carve.api.stage.StageResult;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.lang.System.Logger.Level;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Goes through the steps of a stage. Used once, by one thread. */
public final class Trainer {
    /** The file that says what a stage has done with every tensor. */
    static final String SUMMARY = "stage.json";

    private static final System.Logger LOG = System.getLogger(Trainer.class.getName());
    private static final int RECENT = 20;
    private static final double NANOS = 1e-9;

    private final TrainingSettings settings;
    private final StageContext context;
    private final Objective objective;
    private final ParamStore params;
    private final Device device;
    private final RunFolder folder;
    private final Map<String, String> fixed;

    /** Makes a trainer for one run. */
    public Trainer(TrainingSettings settings, StageContext context, Objective objective) {
        this.settings = settings;
        this.context = context;
        this.objective = objective;
        this.params = context.student().params();
        this.device = params.device();
        this.folder = new RunFolder(context.folder());
        this.fixed = settings.fixed();
        fixed.put("converted layers", context.converted().toString());
        fixed.put("data", context.data().identity());
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
            Set<String> trained = select();
            objective.check(trained);
            widen(trained);
            try (ParamStore moments = moments(trained);
                    StepBuffer buffer = new StepBuffer()) {
                BatchStream stream = new BatchStream(context.data(), settings.batches(), DataPosition.BEGIN);
                // from the second batch on, gradients are there before those of the next are
                for (int i = 0; i < Math.min(2, settings.accumulation()); i++) {
                    objective
                            .drawing(i)
                            .accumulate(stream.next().batch(), 1.0 / settings.accumulation(), trained, buffer);
                }
                double clip = buffer.read().clip(settings.clip());
                long bytes = trained.stream()
                        .mapToLong(name -> params.get(name).type().bytes())
                        .sum();
                Footprint footprint = new Footprint(bytes, bytes, moments.bytes());
                update(1, trained, moments, buffer, clip);
                return footprint;
            }
        });
    }

    private StageResult train() {
        Set<String> trained = select();
        objective.check(trained);
        requireOwnMemory(trained);
        String student = checkedStart();
        Optional<Path> checkpoint = checkpoint();
        RunState state = checkpoint.map(file -> resumable(file, student)).orElseGet(() -> beginning(student));
        widen(trained);
        Map<String, Tensor> frozen = frozen(trained);
        LOG.log(
                Level.INFO,
                "stage {0}: {1} from step {2} to {3}, {4} tensors trained, {5} frozen",
                settings.name(),
                checkpoint.isPresent() ? "goes on" : "goes",
                state.step(),
                settings.steps(),
                trained.size(),
                frozen.size());
        Course.write(settings, context);
        try (ParamStore moments = moments(trained)) {
            checkpoint.ifPresent(file -> load(file, trained, moments));
            RunState end = state.step() == settings.steps() ? state : steps(state, trained, moments);
            requireUntouched(frozen);
            return finish(end, trained, frozen.keySet());
        }
    }

    private Set<String> select() {
        try {
            Set<String> names = new LinkedHashSet<>(params.names());
            names.removeIf(name -> !isAmong(name));
            return new LinkedHashSet<>(settings.train().select(names));
        } catch (ParamException e) {
            throw failure("'train': " + e.getMessage());
        }
    }

    private boolean isAmong(String name) {
        boolean converted = context.converted().stream().anyMatch(i -> name.startsWith("layers." + i + "."));
        return switch (settings.among()) {
            case CONVERTED -> converted;
            case EXCEPT_KEPT -> converted || !name.startsWith("layers.");
            case ALL -> true;
        };
    }

    // a replaced parameter's memory is released, so nobody else may look at it
    private void requireOwnMemory(Set<String> trained) {
        Set<Buffer> others = Collections.newSetFromMap(new IdentityHashMap<>());
        context.teacher().ifPresent(teacher -> teacher.params().asMap().values().forEach(t -> others.add(t.buffer())));
        List<String> shared = trained.stream()
                .filter(name -> others.contains(params.get(name).buffer()))
                .toList();
        if (!shared.isEmpty()) {
            throw failure("the student shares the memory of trained parameters with the teacher, which would change: "
                    + shared + "; give the student copies");
        }
    }

    private String checkedStart() {
        String found = ParamDigest.of(params);
        if (context.predecessor().isEmpty()) {
            if (settings.start() == TrainingSettings.Start.PREDECESSOR) {
                throw failure(
                        "it starts from the result of an earlier stage or of a conversion (start = predecessor), but"
                                + " none is given; run what comes before it, or say start = any to train whatever the student is");
            }
        } else if (!context.predecessor().get().equals(found)) {
            throw failure(
                    ("the student is not what came before it ended with: its parameters have the digest %s, those had"
                                    + " %s; load that result")
                            .formatted(brief(found), brief(context.predecessor().get())));
        }
        return found;
    }

    private static String brief(String digest) {
        return digest.substring(0, Math.min(12, digest.length()));
    }

    private Optional<Path> checkpoint() {
        Optional<Path> newest = folder.newest();
        if (newest.isPresent() && !context.resume()) {
            throw failure("%s has checkpoints of an earlier run, up to %s; resume that run, or remove the folder"
                    .formatted(context.folder(), newest.get().getFileName()));
        }
        return newest;
    }

    private RunState beginning(String student) {
        return new RunState(0, DataPosition.BEGIN, 0, 0, Double.NaN, List.of(), student, fixed, code());
    }

    private RunState resumable(Path file, String student) {
        RunState state = RunFolder.state(file);
        List<String> problems = new ArrayList<>();
        if (!state.student().equals(student)) {
            problems.add("the student was %s, is %s".formatted(brief(state.student()), brief(student)));
        }
        Set<String> keys = new LinkedHashSet<>(fixed.keySet());
        keys.addAll(state.fixed().keySet());
        for (String key : keys) {
            String was = state.fixed().getOrDefault(key, "not set");
            String is = fixed.getOrDefault(key, "not set");
            if (!was.equals(is)) {
                problems.add("%s was %s, is %s".formatted(key, was, is));
            }
        }
        if (!problems.isEmpty()) {
            throw failure(("%s cannot be resumed, this has changed since:\n  %s\nrestore it, or begin anew in another"
                            + " folder")
                    .formatted(file, String.join("\n  ", problems)));
        }
        if (!state.code().equals(code())) {
            LOG.log(
                    Level.WARNING,
                    "stage {0}: {1} was written by version {2}, this is {3}; steps may differ in their last bits",
                    settings.name(),
                    file,
                    state.code(),
                    code());
        }
        return state;
    }

    private static String code() {
        return Optional.ofNullable(Trainer.class.getModule().getDescriptor())
                .flatMap(ModuleDescriptor::rawVersion)
                .orElse("unversioned");
    }

    // moments and parameters are kept in F32, whatever the student was stored in
    private void widen(Set<String> trained) {
        for (String name : trained) {
            if (params.get(name).dtype() != DType.F32) {
                params.put(name, params.get(name).cast(DType.F32));
            }
        }
    }

    private Map<String, Tensor> frozen(Set<String> trained) {
        Map<String, Tensor> frozen = new LinkedHashMap<>(params.asMap());
        frozen.keySet().removeAll(trained);
        return frozen;
    }

    private void requireUntouched(Map<String, Tensor> frozen) {
        List<String> touched = frozen.keySet().stream()
                .filter(name -> params.get(name) != frozen.get(name))
                .toList();
        if (!touched.isEmpty()) {
            throw failure("parameters that are frozen were replaced: " + touched);
        }
    }

    private ParamStore moments(Set<String> trained) {
        ParamStore moments = new ParamStore(device);
        for (String moment : settings.optimizer().moments()) {
            trained.forEach(name -> moments.put(
                    moment + "." + name, Tensors.zeros(device, params.get(name).shape())));
        }
        return moments;
    }

    private void load(Path file, Set<String> trained, ParamStore moments) {
        RunFolder.load(file, "param.", List.copyOf(trained), params);
        RunFolder.load(file, "moment.", List.copyOf(moments.names()), moments);
    }

    private RunState steps(RunState from, Set<String> trained, ParamStore moments) {
        RunState state = from;
        BatchStream stream = new BatchStream(context.data(), settings.batches(), from.position());
        try (MetricsLog metrics = MetricsLog.open(
                        context.folder(), from.step(), settings.reports().tensorboard());
                Prefetcher batches = new Prefetcher(stream, settings.batches().prefetch())) {
            while (state.step() < settings.steps()) {
                state = step(state, trained, moments, batches, metrics);
                if (state.step() % settings.reports().checkpointEvery() == 0 || state.step() == settings.steps()) {
                    folder.write(
                            state,
                            checkpointed(trained, moments),
                            settings.reports().keep());
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

    private RunState step(
            RunState before, Set<String> trained, ParamStore moments, Prefetcher batches, MetricsLog metrics) {
        long began = System.nanoTime();
        long step = before.step() + 1;
        long tokens = 0;
        DataPosition position = before.position();
        StepValues values;
        try (StepBuffer buffer = new StepBuffer()) {
            for (int i = 0; i < settings.accumulation(); i++) {
                BatchStream.Item item = batches.next();
                objective
                        .drawing((step - 1) * settings.accumulation() + i)
                        .accumulate(item.batch(), 1.0 / settings.accumulation(), trained, buffer);
                tokens += item.batch().tokens();
                position = item.after();
            }
            values = buffer.read();
            requireFinite(step, values);
            if (step == 1) {
                warnOfIdle(values);
            }
            update(step, trained, moments, buffer, values.clip(settings.clip()));
        }
        double seconds = (System.nanoTime() - began) * NANOS;
        if (step % settings.reports().metricsEvery() == 0 || step == settings.steps()) {
            metrics.write(step, values, rate(step - 1), tokens / seconds, before.seconds() + seconds);
        }
        return after(before, position, tokens, seconds, values.loss());
    }

    private RunState after(RunState before, DataPosition position, long tokens, double seconds, double loss) {
        List<Double> recent = new ArrayList<>(before.recent());
        recent.add(loss);
        return new RunState(
                before.step() + 1,
                position,
                before.tokens() + tokens,
                before.seconds() + seconds,
                before.step() == 0 ? loss : before.firstLoss(),
                recent.subList(Math.max(0, recent.size() - RECENT), recent.size()),
                before.student(),
                fixed,
                code());
    }

    private void requireFinite(long step, StepValues values) {
        if (!values.isFinite()) {
            throw failure(
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

    private void update(long step, Set<String> trained, ParamStore moments, StepBuffer buffer, double clip) {
        double rate = rate(step - 1);
        List<String> kinds = settings.optimizer().moments();
        for (String name : trained) {
            Scope.run(device, () -> {
                Tensor gradient = buffer.gradient(name);
                List<Tensor> given = kinds.stream()
                        .map(kind -> moments.get(kind + "." + name))
                        .toList();
                List<Tensor> next = settings.optimizer()
                        .step(name, params.get(name), clip < 1 ? gradient.multiply(clip) : gradient, given, rate, step);
                params.put(name, next.getFirst());
                for (int i = 0; i < kinds.size(); i++) {
                    moments.put(kinds.get(i) + "." + name, next.get(i + 1));
                }
            });
        }
    }

    private Map<String, Tensor> checkpointed(Set<String> trained, ParamStore moments) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        trained.forEach(name -> tensors.put("param." + name, params.get(name)));
        moments.asMap().forEach((name, tensor) -> tensors.put("moment." + name, tensor));
        return tensors;
    }

    private StageResult finish(RunState end, Set<String> trained, Set<String> frozen) {
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
                .with("trained", JsonArray.ofStrings(List.copyOf(trained)))
                .with("frozen", JsonArray.ofStrings(List.copyOf(frozen)))
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

    private StageException failure(String problem) {
        return new StageException("stage '%s': %s".formatted(settings.name(), problem));
    }
}
