package carve.runtime.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Losses of layers as parts of those of a student that is zero: 0 where student and teacher are equal. */
final class RelativeLosses {
    private RelativeLosses() {}

    /**
     * Returns the relative values by label and layer: the mean over batches over the mean that a student of zeros has. Layers in
     * which that is not positive and finite have none.
     *
     * @param components what was measured, twice in {@code values}: of the student, and of zeros
     * @param values the values, from {@code first} on
     */
    static Map<String, Map<Integer, Double>> of(List<LossComponent> components, float[] values, int first) {
        Map<String, Map<Integer, double[]>> sums = new LinkedHashMap<>();
        for (int i = 0; i < components.size(); i++) {
            LossComponent component = components.get(i);
            double[] pair = sums.computeIfAbsent(component.label(), _ -> new TreeMap<>())
                    .computeIfAbsent(component.layer().orElseThrow(), _ -> new double[2]);
            pair[0] += component.batchWeight() * values[first + 2 * i];
            pair[1] += component.batchWeight() * values[first + 2 * i + 1];
        }
        Map<String, Map<Integer, Double>> relative = new LinkedHashMap<>();
        sums.forEach((label, layers) -> layers.forEach((layer, pair) -> {
            if (pair[1] > 0 && Double.isFinite(pair[0] / pair[1])) {
                relative.computeIfAbsent(label, _ -> new TreeMap<>()).put(layer, pair[0] / pair[1]);
            }
        }));
        return relative;
    }
}
