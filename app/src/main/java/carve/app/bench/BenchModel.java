package carve.app.bench;

import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.op.SequenceLayout;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A model on a device, ready to be measured.
 *
 * @param name what reports call it
 * @param model the model; not owned
 * @param threads how many compute
 */
public record BenchModel(String name, LoadedModel model, int threads) {
    private static final int PREFILL_CHUNK = 2048;

    /** Returns what reports say of it. */
    public Measurement.ModelInfo info() {
        long parameters = model.spec().parameters().stream()
                .mapToLong(param -> param.shape().size())
                .sum();
        long bytes = model.params().asMap().values().stream()
                .mapToLong(tensor -> tensor.type().bytes())
                .sum();
        return new Measurement.ModelInfo(
                name, type().key(), parameters, bytes, model.device().name(), threads);
    }

    private DType type() {
        return model.params().asMap().values().stream()
                .filter(tensor -> tensor.shape().rank() == 2)
                .collect(Collectors.groupingBy(
                        tensor -> tensor.type().dtype(),
                        Collectors.summingLong(tensor -> tensor.shape().size())))
                .entrySet()
                .stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(DType.F32);
    }

    /**
     * Measures a workload again and again.
     *
     * @param warmUp seconds of the same work before, which the compiler of the JVM needs; once at least
     */
    public Measurement measure(Workload work, int repetitions, double warmUp) {
        try (ModelState before = SyntheticState.of(model, work.batch(), work.depth(), work.tokens())) {
            List<Double> seconds = new ArrayList<>();
            long bytes = 0;
            for (double warm = 0; seconds.size() < repetitions; ) {
                try (ModelState state = before.fork()) {
                    double once = once(work, state);
                    bytes = state.bytes();
                    if (warm >= warmUp) {
                        seconds.add(once);
                    }
                    warm += once;
                }
            }
            return new Measurement(info(), work, new Quantiles(seconds), bytes);
        }
    }

    private double once(Workload work, ModelState state) {
        int[] tokens = BenchTokens.tokens(model.spec(), work.tokens());
        long begin = System.nanoTime();
        switch (work.kind()) {
            case PROMPT_PROCESSING -> {
                for (int from = 0; from < tokens.length; from += PREFILL_CHUNK) {
                    step(
                            state,
                            work.batch(),
                            Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + PREFILL_CHUNK)));
                }
            }
            case TEXT_GENERATION -> {
                int[] next = {tokens[0]};
                for (int i = 0; i < work.tokens(); i++) {
                    next = new int[] {step(state, work.batch(), next)};
                }
            }
        }
        return (System.nanoTime() - begin) * 1e-9;
    }

    /** Gives all rows the same next tokens, and returns the most probable token after them. */
    int step(ModelState state, int batch, int... tokens) {
        int[] rows = new int[batch * tokens.length];
        for (int row = 0; row < batch; row++) {
            System.arraycopy(tokens, 0, rows, row * tokens.length, tokens.length);
        }
        ModelInputs modelInputs = new ModelInputs(rows, SequenceLayout.unpadded(batch, tokens.length), Map.of());
        int[] best = new int[1];
        Scope.run(model.device(), () -> {
            best[0] = argMax(
                    model.model().advance(model.params(), modelInputs, state).floats());
        });
        return best[0];
    }

    // of the first row
    private int argMax(float... logits) {
        int best = 0;
        for (int v = 1; v < model.spec().vocabulary(); v++) {
            best = logits[v] > logits[best] && BenchTokens.isTextToken(model.spec(), v) ? v : best;
        }
        return best;
    }
}
