package carve.runtime.engine;

import carve.api.device.Download;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.op.SampleToken;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A decoder that samples tokens on the device and starts steps before the host has read the tokens of earlier ones. Each step
 * takes its input tokens from the memory of the device, where the step before has left them. Up to {@value #MAX_IN_FLIGHT}
 * steps are in flight; on a device that computes synchronously, one.
 *
 * <p>The caller closes the decoder when an answer has ended. The state has then advanced by up to {@value #MAX_IN_FLIGHT} further
 * steps and must not be continued from.
 */
public final class PipelinedDecoder implements AutoCloseable {
    /** The maximum number of steps that are started before the tokens of the first of them are read. */
    public static final int MAX_IN_FLIGHT = 3;

    /** Chooses tokens on a device. */
    @FunctionalInterface
    public interface TokenSampler {
        /**
         * Returns the results of {@link SampleToken} for logits {@code (B, V)} that the step with a number gave, from 1: the tokens
         * {@code (B)} that the next step takes, and those {@code (B)} that the host reads.
         */
        List<Tensor> sample(Tensor logits, int step);
    }

    private final ForwardPass pass;
    private final List<ModelState> states;
    private final TokenSampler sampler;
    private int steps;
    private final Tensor tokens; // (B, 1): those that the next step takes
    private final Tensor checked; // (B): those that the host reads
    private final Deque<Download> asked = new ArrayDeque<>();
    private int step;

    private PipelinedDecoder(
            ForwardPass pass, List<ModelState> states, int[] first, int steps, TokenSampler tokenSampler) {
        this.pass = pass;
        this.states = List.copyOf(states);
        this.sampler = tokenSampler;
        this.steps = steps;
        this.tokens = Scope.keep(Tensor.allocate(pass.device(), new TensorType(DType.I32, Shape.of(first.length, 1))));
        this.checked = Scope.keep(Tensor.allocate(pass.device(), new TensorType(DType.I32, Shape.of(first.length))));
        pass.device().store(Tensors.of(pass.device(), tokens.shape(), first), tokens, 0, 0);
    }

    /**
     * Returns the tokens that follow; nothing where the model's input encoder must know the tokens that it embeds.
     *
     * @param states that have seen all but the first tokens: one state of R rows, or R of one row
     * @param first the first token of each row, none of which stands for a picture, as none that is sampled may
     * @param steps the most steps that are wanted
     */
    public static Optional<PipelinedDecoder> of(
            LoadedModel model, List<ModelState> states, int[] first, int steps, TokenSampler tokenSampler) {
        ForwardPass pass = new ForwardPass(model);
        boolean possible = Scope.run(
                model.device(),
                () -> pass.embed(Tensors.of(model.device(), Shape.of(1, 1), 0)).isPresent());
        return possible
                ? Optional.of(new PipelinedDecoder(pass, states, first, steps, tokenSampler))
                : Optional.empty();
    }

    /** Starts no more steps; the tokens of those that were started can still be read. */
    void stop() {
        steps = step;
    }

    /** Returns whether there are no more tokens to read. */
    boolean isDone() {
        return asked.isEmpty() && step == steps;
    }

    /**
     * Returns the tokens of the next step, one for each row; {@link SampleToken#NOT_FINITE} for a row whose logits are not finite.
     *
     * @throws IllegalStateException if there were as many steps as were wanted
     */
    public int[] next() {
        if (isDone()) {
            throw new IllegalStateException("the tokens of all %d steps have been read".formatted(steps));
        }
        while (step < steps
                && asked.size() < MAX_IN_FLIGHT
                && (asked.isEmpty() || !asked.getFirst().isDone())) {
            ask();
        }
        return asked.removeFirst().ints();
    }

    private void ask() {
        step++;
        Scope.run(pass.device(), () -> {
            Tensor x = pass.embed(tokens).orElseThrow();
            Tensor logits = pass.logits(pass.advance(x, states));
            remember(sampler.sample(logits.reshape(tokens.extent(0), -1), step));
        });
        asked.add(checked.downloadAsync());
    }

    // always in the same memory: steps that are the same but for their values can be replayed
    private void remember(List<Tensor> sampled) {
        pass.device().store(sampled.get(0).reshape(tokens.shape()), tokens, 0, 0);
        pass.device().store(sampled.get(1), checked, 0, 0);
    }

    @Override
    public void close() {
        tokens.buffer().close();
        checked.buffer().close();
    }
}
