package carve.runtime.train;

import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** A weighted sum of losses in the making, whose gradients are then taken. */
final class WeightedLoss {
    private final GradientAccumulator accumulator;
    private final List<Tensor> terms = new ArrayList<>();

    /** Makes an empty sum, which hands values and gradients to a step. */
    WeightedLoss(GradientAccumulator into) {
        this.accumulator = into;
    }

    /**
     * Adds the value of a loss, a scalar.
     *
     * @param layer the layer that it is evaluated for, if it is one of layers
     * @param share which part of the step's mean over batches the value is
     * @param layers for how many layers it is evaluated
     */
    void add(LossTerm lossTerm, OptionalInt layer, double share, int layers, Tensor value) {
        double ofLayers = layer.isPresent() ? lossTerm.layerReduction().factor(layers) : 1;
        accumulator.addLoss(
                new LossComponent(
                        lossTerm.label(),
                        layer,
                        share,
                        ofLayers,
                        lossTerm.loss().weight()),
                value);
        double factor = share * ofLayers * lossTerm.loss().weight();
        terms.add(factor == 1 ? value : value.multiply(factor));
    }

    /** Takes the gradients of the sum with respect to watched parameters. */
    void backward(Tape tape, Map<String, Tensor> watched) {
        if (watched.isEmpty()) {
            return;
        }
        Tensor total = terms.stream().reduce(Tensor::add).orElseThrow();
        Iterator<Tensor> gradients =
                tape.gradients(total, List.copyOf(watched.values())).iterator();
        watched.keySet().forEach(name -> accumulator.gradient(name, gradients.next()));
    }
}
