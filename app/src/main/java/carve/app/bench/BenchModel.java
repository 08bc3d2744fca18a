package carve.app.bench;

import carve.api.model.LoadedModel;
import carve.api.tensor.DType;
import java.util.ArrayList;
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
                .filter(tensor -> tensor.shape().rank() >= 2)
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
        try (WorkloadRunner runner = new WorkloadRunner(model, work)) {
            List<Double> seconds = new ArrayList<>();
            for (double warm = 0; seconds.size() < repetitions; ) {
                double once = runner.run();
                if (warm >= warmUp) {
                    seconds.add(once);
                }
                warm += once;
            }
            long bytes = model.spec().stateBytes(work.batch(), work.depth() + work.tokens());
            return new Measurement(info(), work, new Quantiles(seconds), bytes);
        }
    }
}
