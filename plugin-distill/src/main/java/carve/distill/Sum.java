package carve.distill;

import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.distill.training.Reading;
import carve.distill.training.StepBuffer;
import carve.distill.training.Term;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** A weighted sum of losses in the making, whose gradients are then taken. */
final class Sum {
    private final StepBuffer into;
    private final List<Tensor> parts = new ArrayList<>();

    /** Makes an empty sum, which hands values and gradients to a step. */
    Sum(StepBuffer into) {
        this.into = into;
    }

    /**
     * Adds the value of a loss, a scalar.
     *
     * @param layer the layer that it is evaluated for, if it is one of layers
     * @param share which part of the step's mean over batches the value is
     * @param layers for how many layers it is evaluated
     */
    void add(Term term, OptionalInt layer, double share, int layers, Tensor value) {
        double ofLayers = layer.isPresent() ? term.layers().factor(layers) : 1;
        into.loss(new Reading(term.label(), layer, share, ofLayers, term.loss().weight()), value);
        double factor = share * ofLayers * term.loss().weight();
        parts.add(factor == 1 ? value : value.multiply(factor));
    }

    /** Takes the gradients of the sum with respect to watched parameters. */
    void backward(Tape tape, Map<String, Tensor> watched) {
        if (watched.isEmpty()) {
            return;
        }
        Tensor total = parts.stream().reduce(Tensor::add).orElseThrow();
        Iterator<Tensor> gradients =
                tape.gradients(total, List.copyOf(watched.values())).iterator();
        watched.keySet().forEach(name -> into.gradient(name, gradients.next()));
    }
}
