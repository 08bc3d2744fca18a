package carve.api.mixer;

import carve.api.device.Device;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * A layer that moves information between positions: attention, a state space model, anything else that is causal.
 *
 * <p>A mixer is an immutable record of hyper-parameters. Its parameters are data that it asks for by name, and so is its
 * state, which it declares as tensors: the caller allocates them, puts those of many sequences side by side, copies, saves and
 * restores them. An implementation keeps these laws, each of which {@code MixerContract} of {@code carve.testkit} tests:
 * causal, bit for bit; stepwise equals forward; in pieces equals whole; packed equals separate; gradients equal central
 * differences; rows of a batch are independent; sequences side by side, of whatever lengths, get the bits that each gets alone;
 * exactly the declared parameters are read; initial values have declared names and shapes, and are finite; the same bits twice.
 */
public interface Mixer {
    /** Returns the parameters that it reads, and their first values. */
    List<ParamSpec> parameters();

    /**
     * Returns the mixed positions {@code (B, T, D)} of x {@code (B, T, D)}: the parallel, differentiable form.
     *
     * @param p the parameters, by the names of {@link #parameters}
     * @param s how rows are divided into sequences
     * @param activationHook receives {@link ActivationHook#HEADS} and whatever else the mixer publishes
     */
    Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook);

    /** Returns what it remembers of each sequence, under distinct names. */
    List<StateSpec> state();

    /**
     * Returns the mixed positions of the next T &gt;= 1 ones, x {@code (B, T, D)}, of sequences that go on from states: for
     * prompts, single steps and batches of both, not differentiable. A mixer reads what its slots have seen, writes what they
     * have seen with x, and counts nothing.
     *
     * @param slots the states, and how x is divided into their sequences; each is at a position of its own
     */
    Tensor advance(Params p, Tensor x, StateSlots slots);

    /** Returns the state of sequences before their first position, with room for capacity ones; the caller closes it. */
    default MixerState newState(Device device, int batch, int capacity) {
        return new MixerState(device, state(), batch, capacity);
    }

    /** Returns whether the state takes the same memory however many positions it has seen. */
    default boolean hasConstantState() {
        return state().stream().noneMatch(StateSpec::perPosition);
    }

    /** Returns the bytes of a state of batch sequences that have seen a number of positions. */
    default long stateBytes(int batch, long positions) {
        return state().stream().mapToLong(spec -> spec.bytes(batch, positions)).sum();
    }

    /**
     * Returns first values by parameter name, made from an attention layer's weights. Names left out keep their {@link
     * carve.api.param.Init}. A mixer that takes nothing from attention returns an empty map.
     */
    Map<String, Tensor> initFrom(AttentionWeights from);
}
