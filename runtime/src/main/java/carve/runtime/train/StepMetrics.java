package carve.runtime.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The values that a step has read back from its device.
 *
 * @param loss the total
 * @param losses by label, without weights, means over batches of the means or sums over layers
 * @param layerLosses by label and layer, means over batches
 * @param relativeLosses by label and layer, as parts of the loss of a student that is zero
 * @param gradientNorm the norm of all gradients together
 * @param squaredGradientNorms by parameter the square of the norm of its gradient
 */
public record StepMetrics(
        double loss,
        Map<String, Double> losses,
        Map<String, Map<Integer, Double>> layerLosses,
        Map<String, Map<Integer, Double>> relativeLosses,
        double gradientNorm,
        Map<String, Double> squaredGradientNorms) {
    private static final Pattern LAYER = Pattern.compile("layers\\.(\\d+)\\.");

    StepMetrics(
            List<LossComponent> readings,
            float[] values,
            Map<String, Double> squares,
            Map<String, Map<Integer, Double>> relativeLosses) {
        this(
                total(readings, values),
                means(readings, values),
                layers(readings, values),
                relativeLosses,
                Math.sqrt(
                        squares.values().stream().mapToDouble(square -> square).sum()),
                squares);
    }

    private static double total(List<LossComponent> readings, float[] values) {
        double total = 0;
        for (int i = 0; i < readings.size(); i++) {
            total += readings.get(i).weight() * readings.get(i).reductionWeight() * values[i];
        }
        return total;
    }

    private static Map<String, Double> means(List<LossComponent> readings, float[] values) {
        Map<String, Double> means = new LinkedHashMap<>();
        for (int i = 0; i < readings.size(); i++) {
            means.merge(readings.get(i).label(), readings.get(i).reductionWeight() * values[i], Double::sum);
        }
        return means;
    }

    private static Map<String, Map<Integer, Double>> layers(List<LossComponent> readings, float[] values) {
        Map<String, Map<Integer, Double>> layers = new LinkedHashMap<>();
        for (int i = 0; i < readings.size(); i++) {
            LossComponent lossComponent = readings.get(i);
            if (lossComponent.layer().isPresent()) {
                layers.computeIfAbsent(lossComponent.label(), _ -> new TreeMap<>())
                        .merge(lossComponent.layer().getAsInt(), lossComponent.batchWeight() * values[i], Double::sum);
            }
        }
        return layers;
    }

    /**
     * Returns the factor that clips the gradients to a norm as PyTorch's {@code clip_grad_norm_} does: {@code max / (norm +
     * 1e-6)}, at most 1; without a limit, 1.
     */
    double clipFactor(double max) {
        return max > 0 ? Math.min(1, max / (gradientNorm + 1e-6)) : 1;
    }

    /** Returns the norm of the gradients of each layer that has any, by its number. */
    Map<Integer, Double> layerGradientNorms() {
        Map<Integer, Double> sums = new TreeMap<>();
        squaredGradientNorms.forEach((name, square) -> {
            Matcher layer = LAYER.matcher(name);
            if (layer.lookingAt()) {
                sums.merge(Integer.valueOf(layer.group(1)), square, Double::sum);
            }
        });
        sums.replaceAll((_, square) -> Math.sqrt(square));
        return sums;
    }

    boolean isFinite() {
        return Double.isFinite(loss) && Double.isFinite(gradientNorm);
    }
}
