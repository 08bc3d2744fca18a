package carve.runtime.train;

import carve.api.device.Device;
import carve.api.loss.LossInputs;
import carve.api.stage.LossTerm;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A weighted sum of losses, collected term by term, and its backward pass. */
final class WeightedLoss {
    private static final double LEAST = 1e-20;

    private final GradientAccumulator accumulator;
    private final LayerWeighting layerWeighting;
    private final List<Tensor> terms = new ArrayList<>();

    /** Makes an empty sum that adds values and gradients to those of a step. */
    WeightedLoss(GradientAccumulator accumulator, LayerWeighting layerWeighting) {
        this.accumulator = accumulator;
        this.layerWeighting = layerWeighting;
    }

    /**
     * Adds the value of a loss, a scalar.
     *
     * @param layer the layer that it is evaluated for, if it is a loss per layer
     * @param lossScale the weight of the batch in the step's mean over batches
     * @param layers the number of layers that it is evaluated for
     */
    void add(LossTerm term, OptionalInt layer, double lossScale, int layers, Tensor value) {
        add(term, layer, lossScale, layers, value, Optional.empty());
    }

    /**
     * Adds the value of a loss. Of one that compares layers, the value of a student that is zero is remembered too.
     *
     * @param layer the layer that it is evaluated for, if it is a loss per layer
     * @param lossScale the weight of the batch in the step's mean over batches
     * @param layers the number of layers that it is evaluated for
     */
    void add(LossTerm term, OptionalInt layer, double lossScale, int layers, LossInputs inputs) {
        Optional<Tensor> zero = layer.isPresent() && term.loss().needsTeacher()
                ? Optional.of(valueOfZero(term, inputs))
                : Optional.empty();
        add(term, layer, lossScale, layers, term.loss().compute(inputs), zero);
    }

    private static Tensor valueOfZero(LossTerm term, LossInputs inputs) {
        Device device = inputs.teacher().device();
        return Scope.run(
                device,
                () -> term.loss()
                        .compute(new LossInputs(
                                Tensors.zeros(device, inputs.student().shape()),
                                inputs.teacher().detach(),
                                inputs.targets(),
                                inputs.mask())));
    }

    private void add(
            LossTerm term, OptionalInt layer, double lossScale, int layers, Tensor absolute, Optional<Tensor> zero) {
        Tensor value = layerWeighting == LayerWeighting.RELATIVE && zero.isPresent()
                ? absolute.divide(zero.get().add(LEAST))
                : absolute;
        double layerWeight = layer.isPresent() ? term.layerReduction().factor(layers) : 1;
        accumulator.addLoss(
                new LossComponent(
                        term.label(), layer, lossScale, layerWeight, term.loss().weight()),
                value);
        zero.ifPresent(reference -> accumulator.addReference(
                new LossComponent(
                        term.label(), layer, lossScale, layerWeight, term.loss().weight()),
                absolute,
                reference));
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
