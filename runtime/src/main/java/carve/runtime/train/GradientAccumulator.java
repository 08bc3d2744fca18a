package carve.runtime.train;

import carve.api.device.Buffer;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The gradients and losses of one step, summed over its batches. It owns their memory until it is closed. */
public final class GradientAccumulator implements AutoCloseable {
    private final Map<String, Tensor> gradients = new LinkedHashMap<>();
    private final List<LossComponent> components = new ArrayList<>();
    private final List<Tensor> losses = new ArrayList<>();
    private final List<LossComponent> relativeComponents = new ArrayList<>();
    private final List<Tensor> relatives = new ArrayList<>();

    /** Makes an empty accumulator. */
    public GradientAccumulator() {}

    /** Adds a gradient to that of the parameter so far. */
    public void addGradient(String name, Tensor gradient) {
        Tensor before = gradients.get(name);
        gradients.put(name, Scope.keep(before == null ? gradient : before.add(gradient)));
        if (before != null && gradients.values().stream().noneMatch(other -> other.buffer() == before.buffer())) {
            before.buffer().close();
        }
    }

    /** Puts the gradients of other parameters in the place of one, which is released. */
    void replace(String name, Map<String, Tensor> others) {
        gradients.remove(name).buffer().close();
        others.forEach((other, gradient) -> gradients.put(other, Scope.keep(gradient)));
    }

    /** Adds a loss value, a scalar. */
    public void addLoss(LossComponent lossComponent, Tensor value) {
        components.add(lossComponent);
        losses.add(Scope.keep(value));
    }

    /** Adds the value of a loss in a layer, and what it were if the student's value was zero. */
    void addReference(LossComponent lossComponent, Tensor value, Tensor zero) {
        relativeComponents.add(lossComponent);
        relatives.add(Scope.keep(value.detach()));
        relatives.add(Scope.keep(zero));
    }

    /** Returns the gradient of a parameter. */
    public Tensor gradient(String name) {
        return gradients.get(name);
    }

    /** Returns the values of losses and the norms of gradients, fetched from the device all at once. */
    public StepMetrics metrics() {
        float[] values = Scope.run(losses.getFirst().device(), () -> {
                    List<Tensor> parts = new ArrayList<>();
                    losses.forEach(loss -> parts.add(loss.reshape(1)));
                    gradients.values().forEach(gradient -> parts.add(sumOfSquares(gradient)));
                    relatives.forEach(value -> parts.add(value.reshape(1)));
                    return Tensors.concat(0, parts);
                })
                .floats();
        Map<String, Double> squares = new LinkedHashMap<>();
        int next = losses.size();
        for (String name : gradients.keySet()) {
            squares.put(name, (double) values[next++]);
        }
        return new StepMetrics(components, values, squares, RelativeLosses.of(relativeComponents, values, next));
    }

    private static Tensor sumOfSquares(Tensor gradient) {
        return Scope.run(
                gradient.device(), () -> gradient.multiply(gradient).sum().reshape(Shape.of(1)));
    }

    @Override
    public void close() {
        gradients.values().stream().map(Tensor::buffer).forEach(Buffer::close);
        losses.stream().map(Tensor::buffer).forEach(Buffer::close);
        relatives.stream().map(Tensor::buffer).forEach(Buffer::close);
        gradients.clear();
        losses.clear();
        components.clear();
        relatives.clear();
        relativeComponents.clear();
    }
}
