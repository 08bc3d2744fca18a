package carve.mamba2;

import carve.api.mixer.ActivationHook;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.CausalConv;
import carve.api.op.DecayScan;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * The state of Mamba-2, and the two ops that go on from it: the convolution of v, k and q (x, B and C) and the scan. Saved in
 * the official layout, but for the current input, which the official window has as well.
 */
final class Mamba2States {
    /** (C, W-1): the last inputs of the convolution's channels, oldest first. */
    static final String CONV_STATE = "conv_state";

    /** (H, P, N): the state of each head. */
    static final String SSM_STATE = "ssm_state";

    private static final int JOINED_POSITIONS = 16;

    private Mamba2States() {}

    /** Returns what is remembered of a sequence, by heads whose states are square. */
    static List<StateSpec> of(int channels, int convWidth, int heads, int headWidth, DType stored) {
        return List.of(
                StateSpec.fixed(CONV_STATE, channels, convWidth - 1).storedAs(stored),
                StateSpec.fixed(SSM_STATE, heads, headWidth, headWidth).storedAs(stored));
    }

    /**
     * Returns the convolved parts {@code (B, T, C)}, whose channels follow each other in the parameters {@code conv1d}. A few
     * positions are convolved in one op; joining and parting many of them would cost as much as the convolution.
     */
    static List<Tensor> convolve(Params p, List<Tensor> parts, StateSlots slots) {
        Tensor weight = p.get("conv1d.weight");
        Tensor bias = p.get("conv1d.bias");
        Tensor before = slots.get(CONV_STATE);
        CausalConv conv = new CausalConv(true, slots.layout());
        if (slots.layout().positions() <= JOINED_POSITIONS) {
            List<Tensor> results = Tensors.apply(conv, Tensors.concat(2, parts), weight, bias, before);
            slots.set(CONV_STATE, results.get(1));
            return split(results.getFirst(), 2, parts);
        }
        List<Tensor> weights = split(weight, 0, parts);
        List<Tensor> biases = split(bias, 0, parts);
        List<Tensor> states = split(before, 1, parts);
        List<Tensor> convolved = new ArrayList<>();
        List<Tensor> next = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            List<Tensor> results = Tensors.apply(conv, parts.get(i), weights.get(i), biases.get(i), states.get(i));
            convolved.add(results.getFirst());
            next.add(results.get(1));
        }
        slots.set(CONV_STATE, Tensors.concat(1, next));
        return convolved;
    }

    /** Returns the channels of each part, which follow each other on an axis of a tensor. */
    private static List<Tensor> split(Tensor joined, int axis, List<Tensor> parts) {
        List<Tensor> split = new ArrayList<>();
        int from = 0;
        for (Tensor part : parts) {
            split.add(joined.slice(axis, from, from + part.extent(2)));
            from += part.extent(2);
        }
        return split;
    }

    /**
     * Returns what the scan gives, y {@code (B, T, H, P)}, and publishes its matrix.
     *
     * @param inputs q, k, v, the logarithm of the decay and the time step
     */
    static Tensor scan(List<Tensor> inputs, StateSlots slots, ActivationHook activationHook) {
        DecayScan op = new DecayScan(slots.layout());
        if (activationHook.wants(ActivationHook.MATRIX)) {
            activationHook.publish(ActivationHook.MATRIX, op.matrix(inputs));
        }
        List<Tensor> operands = new ArrayList<>(inputs);
        operands.add(slots.get(SSM_STATE));
        List<Tensor> results = Tensors.apply(op, operands);
        slots.set(SSM_STATE, results.get(1));
        return results.getFirst();
    }
}
