package carve.runtime.train;

import carve.api.stage.LossTerm;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** A weighted sum of losses, collected term by term, and its backward pass. */
final class WeightedLoss {
    private final GradientAccumulator accumulator;
    private final List<Tensor> terms = new ArrayList<>();

    /** Makes an empty sum that adds values and gradients to those of a step. */
    WeightedLoss(GradientAccumulator accumulator) {
        this.accumulator = accumulator;
    }

    /**
     * Adds the value of a loss, a scalar.
     *
     * @param layer the layer that it is evaluated for, if it is a loss per layer
     * @param lossScale the weight of the batch in the step's mean over batches
     * @param layers the number of layers that it is evaluated for
     */
    void add(LossTerm term, OptionalInt layer, double lossScale, int layers, Tensor value) {
        double layerWeight = layer.isPresent() ? term.layerReduction().factor(layers) : 1;
        accumulator.addLoss(
                new LossComponent(
                        term.label(), layer, lossScale, layerWeight, term.loss().weight()),
                value);
        double factor = lossScale * layerWeight * term.loss().weight();
        terms.add(factor == 1 ? value : value.multiply(factor));
    }

    /** Adds the gradients of the sum with respect to watched parameters to those of the step. */
    void backward(Tape tape, Map<String, Tensor> watched) {
        if (watched.isEmpty()) {
            return;
        }
        Tensor total = terms.stream().reduce(Tensor::add).orElseThrow();
        Iterator<Tensor> gradients =
                tape.gradients(total, List.copyOf(watched.values())).iterator();
        watched.keySet().forEach(name -> accumulator.addGradient(name, gradients.next()));
    }
}
