package carve.api.mixer;

import carve.api.device.Device;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A layer that moves information between positions: attention, a state space model, anything else that is causal.
 *
 * <p>A mixer is an immutable record of hyper-parameters. Its parameters are data that it asks for by name. Its state is
 * opaque and its own. An implementation keeps these laws, each of which {@code MixerContract} of {@code carve.testkit}
 * tests: causal, bit for bit; stepwise equals forward; in pieces equals whole; packed equals separate; gradients equal
 * central differences; a fork is independent; batch rows do not talk; {@link #stateBytes} is flat where {@link
 * #hasConstantState} says so; sessions side by side get the bits that each gets alone; exactly the declared parameters are read; a seed yields declared names and shapes, finite; the
 * same bits twice.
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

    /** Returns an empty state for rows of up to capacity positions; the caller closes it. */
    MixerState newState(Device device, int batch, int capacity);

    /**
     * Returns the mixed positions of the next T &gt;= 1 ones, x {@code (B, T, D)}, and makes the state remember them: for
     * prompts and single steps, not differentiable.
     *
     * @throws IllegalStateException if the state has no room for them
     */
    Tensor advance(Params p, Tensor x, MixerState state);

    /**
     * Returns the mixed positions of the next T &gt;= 1 ones of sessions side by side: row r of x {@code (R, T, D)} goes on
     * from state r, at a position of its own, and gets the bits that it gets alone. By default one row after the other; a
     * mixer that projects all rows together reads its weights once.
     *
     * @param states R states of one row each, none of them twice
     * @throws IllegalStateException if one of them has no room; those before it have moved by then
     */
    default Tensor advance(Params p, Tensor x, List<MixerState> states) {
        List<Tensor> rows = new ArrayList<>();
        for (int r = 0; r < states.size(); r++) {
            rows.add(advance(p, x.slice(0, r, r + 1), states.get(r)));
        }
        return Tensors.concat(0, rows);
    }

    /** Returns whether the state takes the same memory however many positions it has seen. */
    boolean hasConstantState();

    /** Returns the bytes of a state of batch rows that have seen a number of positions, at F32. */
    long stateBytes(int batch, long positions);

    /**
     * Returns first values by parameter name, made from an attention layer's weights. Names left out keep their {@link
     * carve.api.param.Init}. Whoever cannot be seeded returns an empty map.
     */
    Map<String, Tensor> initFrom(AttentionWeights from);
}
