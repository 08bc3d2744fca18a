package carve.runtime.engine;

import carve.api.device.Device;
import carve.api.model.ActivationRecorder;
import carve.api.model.HybridModel;
import carve.api.model.InputEncoder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The forward passes of generation, the only place where the engine runs a model. On the device's thread.
 *
 * @param model the model
 */
record ForwardPass(LoadedModel model) {
    // passes are keys at every step; a model's own hash is that of its whole configuration
    @Override
    public boolean equals(Object other) {
        return other instanceof ForwardPass pass && pass.model == model;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(model);
    }

    Device device() {
        return model.device();
    }

    int vocabulary() {
        return model.spec().vocabulary();
    }

    private HybridModel hybrid() {
        return model.model();
    }

    /** Returns the empty state of one sequence; the caller closes it. */
    ModelState newState(int capacity) {
        return hybrid().newState(device(), 1, capacity);
    }

    /** Returns the output {@code (R, T, D)} of the last layer for the next T embeddings of R sequences. */
    Tensor advance(Tensor embeddings, List<ModelState> states) {
        SequenceLayout rows = SequenceLayout.unpadded(embeddings.extent(0), embeddings.extent(1));
        return hybrid().advanceEmbeddings(model.params(), new InputEncoder.Embeddings(embeddings, rows), states);
    }

    /** Returns the logits {@code (R, T, V)} for outputs {@code (R, T, D)} of the last layer. */
    Tensor logits(Tensor outputs) {
        return hybrid().logits(model.params(), outputs, ActivationRecorder.NONE);
    }

    /** Returns embeddings {@code (R, 1, D)} of tokens that only the device knows; nothing if the model cannot embed those. */
    Optional<Tensor> embed(Tensor tokens) {
        return model.spec().input().embedTokens(model.params().under("input"), tokens);
    }

    private Tensor embed(int rows, int... tokens) {
        SequenceLayout layout = SequenceLayout.unpadded(rows, tokens.length / rows);
        return model.spec()
                .input()
                .encode(model.params().under("input"), new ModelInputs(tokens, layout, Map.of()))
                .x();
    }

    /** Returns what is made of the logits {@code (R, V)} after the next token of each of R sequences. */
    <T> T decode(int[] tokens, List<ModelState> states, Function<Tensor, T> result) {
        return Scope.run(
                        device(),
                        () -> List.of(result.apply(logits(advance(embed(tokens.length, tokens), states))
                                .reshape(tokens.length, -1))))
                .getFirst();
    }

    /** Returns the logits {@code (T, V)}, row-major, after each of the next T tokens of a sequence. */
    float[] allLogits(List<Integer> tokens, ModelState state) {
        return Scope.run(
                        device(),
                        () -> List.of(logits(advance(embed(1, ints(tokens)), List.of(state)))
                                .floats()))
                .getFirst();
    }

    /** Returns the logits {@code (V)} after the last of the next tokens of a sequence. */
    float[] lastLogits(List<Integer> tokens, ModelState state) {
        return Scope.run(
                        device(),
                        () -> List.of(logits(last(advance(embed(1, ints(tokens)), List.of(state))))
                                .floats()))
                .getFirst();
    }

    /** Returns the last position {@code (R, 1, D)} of outputs {@code (R, T, D)}. */
    static Tensor last(Tensor outputs) {
        int positions = outputs.extent(1);
        return outputs.slice(1, positions - 1, positions);
    }

    static int[] ints(List<Integer> tokens) {
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    static float[] row(float[] logits, int offset, int vocabulary) {
        return Arrays.copyOfRange(logits, offset, offset + vocabulary);
    }
}
