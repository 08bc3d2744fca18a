package carve.bench.gpu;

import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.op.AdamW;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.runtime.model.ModelFolder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A step of the first stage on one pair of layers: the teacher's attention, the student's Mamba-2 on the same input, the
 * square of the difference of their heads, gradients of all its parameters, AdamW. Parameters and moments are F32, products
 * are rounded to BF16.
 */
final class TrainingBenchmark {
    static final String PART = "training, stage 1, one pair of layers";

    private final BenchmarkSession benchmarkSession;
    private final Device device;
    private final Block teacher;
    private final Block student;
    private final ParamStore fixed;
    private final ParamStore trained;
    private final ParamStore moments;

    private TrainingBenchmark(BenchmarkSession benchmarkSession, Device device, Block teacher, Block student) {
        this.benchmarkSession = benchmarkSession;
        this.device = device;
        this.teacher = teacher;
        this.student = student;
        this.fixed = store(teacher, DType.BF16);
        this.trained = store(student, DType.F32);
        this.moments = new ParamStore(device);
        trained.asMap().forEach((name, value) -> {
            moments.put("mean." + name, Tensors.zeros(device, value.shape()));
            moments.put("square." + name, Tensors.zeros(device, value.shape()));
        });
    }

    /** Returns the figures; products are BF16 operations in a second, in billions. */
    static List<Measurement> of(BenchmarkSession benchmarkSession, ModelFolder folder, double products) {
        if (!benchmarkSession.hasTimeLeft()) {
            return List.of();
        }
        ModelSpec linear = RandomModels.converted(benchmarkSession, folder, "repeat = [mamba2]");
        try (Device device = benchmarkSession.open(CudaSettings.of("mixed"))) {
            var trainingBenchmark = new TrainingBenchmark(
                    benchmarkSession,
                    device,
                    folder.spec().layers().getLast(),
                    linear.layers().getLast());
            return trainingBenchmark.figures(products);
        }
    }

    private ParamStore store(Block block, DType matrices) {
        ParamStore store = new ParamStore(device);
        for (ParamSpec param : block.mixer().parameters()) {
            Scope.run(device, () -> store.put(param.name(), RandomModels.random(device, param, matrices)));
        }
        return store;
    }

    private List<Measurement> figures(double products) {
        List<Measurement> figures = new ArrayList<>();
        for (int positions : benchmarkSession.small() ? new int[] {70} : new int[] {4096, 16_384}) {
            Tensor x = BenchmarkSession.normal(
                    device, "x", 1, 1, positions, teacher.config().hidden());
            double[] millis = benchmarkSession.millis(device, () -> step(x));
            double work = (2 * matrices(fixed) + 6 * matrices(trained)) * positions / 1e9;
            double least = work / Math.max(products, 1e-9) * 1000;
            figures.add(Measurement.rate(
                    PART,
                    "T " + positions,
                    work,
                    "GFLOP/s",
                    millis,
                    String.format(
                            Locale.ROOT, "matrix products alone would take %.2f of the time", least / millis[1])));
            figures.add(Measurement.number(
                    PART,
                    "T " + positions + ", memory",
                    device.context().scopes().peakBytes() / 1e9,
                    "GB",
                    "peak of a step"));
        }
        return figures;
    }

    private static double matrices(ParamStore store) {
        return store.asMap().values().stream()
                .filter(value -> value.shape().rank() == 2)
                .mapToDouble(value -> value.shape().size())
                .sum();
    }

    private void step(Tensor x) {
        SequenceLayout rows = SequenceLayout.unpadded(1, x.extent(1));
        Tensor expected = heads(teacher, fixed, x, rows);
        var tape = new Tape();
        Map<String, Tensor> watched = new LinkedHashMap<>();
        trained.asMap().forEach((name, value) -> watched.put(name, tape.watch(value)));
        Tensor difference = heads(student, Params.of(watched), x, rows).subtract(expected);
        List<Tensor> of = List.copyOf(watched.values());
        List<Tensor> gradients = tape.gradients(difference.multiply(difference).mean(), of);
        int i = 0;
        for (String name : List.copyOf(watched.keySet())) {
            update(name, gradients.get(i++));
        }
    }

    private void update(String name, Tensor gradient) {
        var op = new AdamW(1e-3, 0.9, 0.999, 1e-8, 0.05, 1);
        List<Tensor> next = Tensors.apply(
                op, trained.get(name), gradient, moments.get("mean." + name), moments.get("square." + name));
        trained.put(name, next.get(0));
        moments.put("mean." + name, next.get(1));
        moments.put("square." + name, next.get(2));
    }

    private static Tensor heads(Block block, Params params, Tensor x, SequenceLayout rows) {
        List<Tensor> found = new ArrayList<>();
        Optional<Tensor> unused = Optional.of(block.mixer().forward(params, x, rows, new ActivationHook() {
            @Override
            public boolean wants(String name) {
                return name.equals(HEADS);
            }

            @Override
            public void publish(String name, Tensor value) {
                found.add(value);
            }
        }));
        return unused.map(y -> found.isEmpty() ? y : found.getFirst()).orElseThrow();
    }
}
