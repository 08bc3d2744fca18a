package carve.bench.gpu;

import carve.api.device.Device;
import carve.api.mixer.MixerState;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.model.ModelState;
import carve.api.op.SampleToken;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.runtime.engine.PipelinedDecoder;
import carve.runtime.model.ModelFolder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** The time of one token after many, and the memory that it takes: each model at each length, with graphs. */
final class DecodeBenchmark {
    private static final String PART = "generation, one sequence, BF16 weights, graphs";
    private static final CudaSettings SETTINGS = new CudaSettings("bf16", true);
    private static final int ROOM = 128;
    private static final int WARM = 16;
    private static final int TIMED = 16;

    private final BenchmarkSession benchmarkSession;
    private final ModelFolder teacher;
    private final double bandwidth;
    private final List<Measurement> figures = new ArrayList<>();

    /** Returns the length at which models are compared. */
    static int comparedLength(BenchmarkSession benchmarkSession) {
        return benchmarkSession.size(103_000, 70);
    }

    private DecodeBenchmark(BenchmarkSession benchmarkSession, ModelFolder teacher, double bandwidth) {
        this.benchmarkSession = benchmarkSession;
        this.teacher = teacher;
        this.bandwidth = bandwidth;
    }

    /** Returns the figures; the bandwidth is that of a copy in billions of bytes a second. */
    static List<Measurement> of(BenchmarkSession benchmarkSession, ModelFolder teacher, double bandwidth) {
        var decodeBenchmark = new DecodeBenchmark(benchmarkSession, teacher, bandwidth);
        RandomModels.specs(benchmarkSession, teacher).forEach(decodeBenchmark::model);
        return decodeBenchmark.figures;
    }

    /** Returns the lengths after which a token is timed. */
    static int[] lengths(BenchmarkSession benchmarkSession) {
        return benchmarkSession.small() ? new int[] {5, 70} : new int[] {1024, 16_384, 103_000, 131_072};
    }

    private void model(String name, ModelSpec spec) {
        if (!benchmarkSession.hasTimeLeft()) {
            return;
        }
        try (Device device = benchmarkSession.open(SETTINGS);
                LoadedModel model = RandomModels.random(teacher, spec, device, DType.BF16)) {
            for (int length : lengths(benchmarkSession)) {
                if (benchmarkSession.hasTimeLeft()) {
                    at(name, model, length);
                }
            }
        }
    }

    private void at(String name, LoadedModel model, int length) {
        Device device = model.device();
        try (ModelState state = model.model().newState(device, 1, length + ROOM)) {
            for (MixerState layer : state.layers()) {
                Scope.run(device, () -> advancePosition(device, layer, length));
            }
            double[] millis = steps(model, state);
            double weights = read(model);
            double bytes = (weights + state.bytes()) / 1e9;
            figures.add(Measurement.rate(
                    PART,
                    "%s at %d".formatted(name, length),
                    bytes,
                    "GB/s",
                    millis,
                    String.format(
                            Locale.ROOT,
                            "%.2f of a copy's bandwidth",
                            bytes / millis[1] * 1000 / Math.max(1e-9, bandwidth))));
            figures.add(Measurement.number(
                    PART,
                    "%s at %d, memory".formatted(name, length),
                    (model.params().bytes() + state.bytes()) / 1e9,
                    "GB",
                    String.format(
                            Locale.ROOT,
                            "weights %.2f, state %.3f",
                            model.params().bytes() / 1e9,
                            state.bytes() / 1e9)));
        }
    }

    // as long answers are made: greedily, without waiting for a token before the next is asked for
    private static double[] steps(LoadedModel model, ModelState state) {
        var choice = new SampleToken(0, 0, 1, List.of(), List.of(0.0));
        try (PipelinedDecoder stream = PipelinedDecoder.of(
                        model, List.of(state), new int[] {1}, ROOM, (logits, step) -> Tensors.apply(choice, logits))
                .orElseThrow()) {
            for (int i = 0; i < WARM; i++) {
                stream.next();
            }
            return BenchmarkSession.quartiles(
                    IntStream.range(0, (ROOM - WARM) / TIMED).mapToDouble(_ -> {
                        long start = System.nanoTime();
                        for (int i = 0; i < TIMED; i++) {
                            stream.next();
                        }
                        return (System.nanoTime() - start) / 1e6 / TIMED;
                    }));
        }
    }

    // all but the table of tokens, of which a row is read
    private static double read(LoadedModel model) {
        return model.params().asMap().entrySet().stream()
                .filter(entry -> !entry.getKey().startsWith("input.")
                        || entry.getKey().equals(model.spec().head().weight()))
                .mapToDouble(entry -> entry.getValue().type().bytes())
                .sum();
    }

    // As if so many positions had been seen: where the state grows with them, it has that many rows of zeros.
    private static void advancePosition(Device device, MixerState state, int positions) {
        Map<String, Tensor> saved = new LinkedHashMap<>();
        state.save().forEach((name, tensor) -> {
            boolean grows = tensor.shape().size() == 0;
            Shape shape = grows ? tensor.shape().with(1, positions) : tensor.shape();
            saved.put(name, grows ? Tensors.of(device, Shape.of(1), 0f).broadcastTo(shape) : tensor);
        });
        state.load(saved, positions);
    }
}
