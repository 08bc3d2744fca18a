package carve.bench;

import carve.api.device.Device;
import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One token through a linear layer with weights {@code (N, K)} of a storage type, as in generation: bound by how fast weights are
 * read, the scales of blocks counted.
 *
 * @param stored the type of the weights
 * @param k width of what goes in
 * @param n width of what comes out
 */
record VectorProductCase(DType stored, int k, int n) implements Case {
    private static final int COPIES = 8; // taken in turn: one alone would stay in the cache
    private static final double RATIO = 1e-5;

    @Override
    public String name() {
        return "linear, %s weights".formatted(stored);
    }

    @Override
    public List<Row> measure(Bench bench) {
        try (Device device = bench.open()) {
            Tensor x = Numbers.between(device, "x", -1, 1, 1, k);
            Tensor wide = Numbers.between(device, "w", -1, 1, n, k);
            List<Tensor> weights = new ArrayList<>();
            for (int i = 0; i < COPIES; i++) {
                weights.add(wide.cast(stored));
            }
            Gate gate = Scope.run(
                    device,
                    () -> Gate.close(
                            "against a scalar twin",
                            ScalarTwins.times(weights.getFirst().cast(DType.F32).floats(), x.floats()),
                            Linear.apply(x, weights.getLast()).floats(),
                            RATIO));
            Optional<Timing> timing = gate.green() ? Optional.of(timing(bench, device, x, weights)) : Optional.empty();
            Work work = new Work(2.0 * k * n, stored.bytes((long) k * n) + 4.0 * (k + n));
            return List.of(new Row(
                    name(), "1 token, %d to %d".formatted(k, n), Bench.ran(device, "linear"), work, gate, timing, ""));
        }
    }

    private static Timing timing(Bench bench, Device device, Tensor x, List<Tensor> weights) {
        Timing all = Timing.of(
                bench.repetitions(),
                () -> Scope.run(device, () -> {
                    weights.forEach(weight -> Linear.apply(x, weight));
                }));
        return new Timing(
                all.seconds().stream().map(seconds -> seconds / COPIES).toList());
    }
}
