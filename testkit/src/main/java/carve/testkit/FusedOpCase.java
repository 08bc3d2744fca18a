package carve.testkit;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One fused op on operands of certain types and values.
 *
 * @param name of the case, without that of the op
 * @param op the fused op
 * @param operands its operands
 * @param ratio by which results and gradients may differ from the reference
 */
record FusedOpCase(String name, FusedOp op, List<Operand> operands, double ratio) {
    // The gradients of results have rms 1. Softmax over one key has none for scores: terms of that size cancel, to the
    // last bits, which are 1.2e-7 with a vector kernel.
    private static final double VANISHING = 1e-6;

    /**
     * An operand.
     *
     * @param name of the operand, for messages
     * @param type of the operand
     * @param values of the operand
     * @param differentiable whether a gradient is asked for
     */
    record Operand(String name, TensorType type, double[] values, boolean differentiable) {
        Tensor on(Device device) {
            return TensorValues.upload(device, type, values);
        }

        double gradientRatio(double ratio) {
            return type.dtype() == DType.F32 ? ratio : Tolerance.BF16_GRADIENT;
        }
    }

    /** The results of a case, and the gradients of chosen operands. */
    record Outcome(List<Tensor> results, List<Tensor> gradients) {}

    @Override
    public String toString() {
        return op.name() + ", " + name;
    }

    /** Returns whether a device can hold all operands. */
    boolean isStorableOn(Device device) {
        return operands.stream()
                .allMatch(operand -> device.stores(operand.type().dtype()));
    }

    /** Returns the operands on a device. */
    List<Tensor> upload(Device device) {
        return operands.stream().map(operand -> operand.on(device)).toList();
    }

    /** Returns the indices of the operands that a gradient is asked for. */
    List<Integer> differentiable() {
        return IntStream.range(0, operands.size())
                .filter(i -> operands.get(i).differentiable())
                .boxed()
                .toList();
    }

    /** Returns the indices of all results. */
    List<Integer> results() {
        int count = op.results(operands.stream().map(Operand::type).toList()).size();
        return IntStream.range(0, count).boxed().toList();
    }

    /** Returns the results on a device, and the gradients of chosen operands for random gradients of chosen results. */
    Outcome run(Device device, List<Integer> of, List<Integer> from) {
        Tape tape = new Tape();
        List<Tensor> inputs = new ArrayList<>(upload(device));
        of.forEach(i -> inputs.set(i, tape.watch(inputs.get(i))));
        List<Tensor> results = Tensors.apply(op, inputs);
        List<Tensor> chosen = from.stream().map(results::get).toList();
        List<Tensor> weights = from.stream()
                .map(i -> RandomTensors.seeded()
                        .normal(
                                device,
                                "gradient of result " + i,
                                results.get(i).type()))
                .toList();
        List<Tensor> gradients = of.isEmpty()
                ? List.of()
                : tape.gradients(chosen, weights, of.stream().map(inputs::get).toList());
        return new Outcome(results, gradients);
    }

    /** Asserts that two devices agree on the results and on the chosen gradients. */
    void assertAgrees(Device reference, Device device, List<Integer> of, List<Integer> from) {
        Outcome expected = run(reference, of, from);
        Outcome actual = run(device, of, from);
        for (int i = 0; i < expected.results().size(); i++) {
            TensorAssertions.assertClose(
                    "%s: result %d".formatted(this, i),
                    expected.results().get(i),
                    actual.results().get(i),
                    ratio);
        }
        for (int i = 0; i < of.size(); i++) {
            Operand operand = operands.get(of.get(i));
            TensorAssertions.assertClose(
                    "%s: gradient of %s from results %s".formatted(this, operand.name(), from),
                    expected.gradients().get(i),
                    actual.gradients().get(i),
                    operand.gradientRatio(ratio),
                    VANISHING);
        }
    }
}
