package carve.runtime.engine;

import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Lets a model answer, token by token, with its state.
 *
 * @param model the model
 * @param sampler chooses tokens
 * @param stopTokens token ids that end an answer
 * @param maxTokens after so many tokens an answer ends anyway
 * @param deviceMoves where the session goes on after a number of tokens, with its state
 */
public record TokenGenerator(
        LoadedModel model,
        Sampler sampler,
        Set<Integer> stopTokens,
        int maxTokens,
        Map<Integer, Supplier<Device>> deviceMoves) {
    // prompts of text are taken in pieces, so that what they need does not grow with them
    private static final int PREFILL_CHUNK = 2048;

    /** Is told of tokens as they are chosen. */
    @FunctionalInterface
    public interface TokenListener {
        /** Tells of the next token of a row's answer; the token that ends it is not told. */
        void onToken(int row, int token);
    }

    /** A session on the device where it is now. */
    private static final class MovableState implements AutoCloseable {
        private final LoadedModel own;
        private LoadedModel model;
        private ModelState state;

        MovableState(LoadedModel model, int rows, int capacity) {
            this.own = model;
            this.model = model;
            this.state = model.model().newState(model.device(), rows, capacity);
        }

        void move(Device device) {
            if (device != model.device()) {
                LoadedModel there = device == own.device() ? own : model.copyTo(device);
                ModelState moved = state.copyTo(model, there);
                close();
                model = there;
                state = moved;
            }
        }

        @Override
        public void close() {
            state.close();
            if (model != own) {
                model.close();
            }
        }
    }

    /** Copies the collections. */
    public TokenGenerator {
        stopTokens = Set.copyOf(stopTokens);
        deviceMoves = Map.copyOf(deviceMoves);
    }

    /** Makes one that stays on the model's device. */
    public TokenGenerator(LoadedModel model, Sampler sampler, Set<Integer> stops, int maxTokens) {
        this(model, sampler, stops, maxTokens, Map.of());
    }

    /** Returns one that goes on elsewhere after numbers of tokens. */
    public TokenGenerator withDeviceMoves(Map<Integer, Supplier<Device>> elsewhere) {
        return new TokenGenerator(model, sampler, stopTokens, maxTokens, elsewhere);
    }

    /** Returns what answers in the same way, with the help of a draft that proposes so many tokens at a time. */
    public SpeculativeDecoder speculative(LoadedModel draft, int draftTokens) {
        return new SpeculativeDecoder(model, draft, sampler, stopTokens, maxTokens, draftTokens);
    }

    /**
     * Returns the answers to prompts, side by side; the tokens that end them are left out. Those of one length are taken in
     * together. Of others each has a state of its own and is taken in alone; each token is then one step of all that go on.
     *
     * @throws IllegalArgumentException if lengths differ and the session is to move
     */
    public List<int[]> generate(List<Sample> prompts, TokenListener tokenListener) {
        int length = prompts.getFirst().tokens().length;
        if (prompts.stream().allMatch(prompt -> prompt.tokens().length == length)) {
            return generateBatch(prompts, length, tokenListener);
        }
        if (!deviceMoves.isEmpty()) {
            throw new IllegalArgumentException("prompts that are answered together must have one length to move, have "
                    + prompts.stream().map(prompt -> prompt.tokens().length).toList());
        }
        return new RaggedBatchGenerator(model, sampler, stopTokens, maxTokens).generate(prompts, tokenListener);
    }

    private List<int[]> generateBatch(List<Sample> prompts, int length, TokenListener tokenListener) {
        int rows = prompts.size();
        int vocabulary = model.spec().vocabulary();
        List<List<Integer>> answers = new ArrayList<>();
        prompts.forEach(_ -> answers.add(new ArrayList<>()));
        boolean[] ended = new boolean[rows];
        try (MovableState movableState = new MovableState(model, rows, length + maxTokens);
                DecodeSteps decodeSteps = new DecodeSteps(movableState)) {
            float[] logits = prefill(model, prompts, movableState.state);
            int[] chosen = IntStream.range(0, rows)
                    .map(row -> sampler.sample(logits, row * vocabulary, vocabulary, row))
                    .toArray();
            for (int step = 0; step < maxTokens; step++) {
                for (int row = 0; row < rows; row++) {
                    ended[row] |= stopTokens.contains(chosen[row]);
                    if (!ended[row]) {
                        answers.get(row).add(chosen[row]);
                        tokenListener.onToken(row, chosen[row]);
                    }
                }
                if (step + 1 == maxTokens || allFinished(ended)) {
                    break;
                }
                if (deviceMoves.containsKey(step + 1)) {
                    movableState.move(deviceMoves.get(step + 1).get());
                }
                chosen = decodeSteps.next(chosen, step + 1);
            }
        }
        return answers.stream()
                .map(answer -> answer.stream().mapToInt(Integer::intValue).toArray())
                .toList();
    }

    /** The steps after the prompt: the host waits for the tokens of each only where it chooses them, or the session moves. */
    private final class DecodeSteps implements AutoCloseable {
        private final MovableState movableState;
        private Optional<PipelinedDecoder> stream = Optional.empty();
        private boolean begun;

        DecodeSteps(MovableState movableState) {
            this.movableState = movableState;
        }

        /** Returns the next token of each row after those of the step before, the one with that number, from 1. */
        int[] next(int[] tokens, int step) {
            if (!begun) {
                begun = true;
                stream = stream(tokens);
            }
            return stream.isPresent()
                    ? stream.get().next()
                    : sampleNext(movableState, tokens, (long) step * tokens.length);
        }

        private Optional<PipelinedDecoder> stream(int[] first) {
            int picture = model.spec().input().imageToken().orElse(-1);
            boolean possible = deviceMoves.isEmpty()
                    && (picture < 0 || sampler.excluded().contains(picture))
                    && sampler.samplesOnDevice(
                            model.device(), first.length, model.spec().vocabulary());
            return possible
                    ? PipelinedDecoder.of(
                            model,
                            movableState.state,
                            first,
                            maxTokens - 1,
                            (logits, step) -> sampler.sampleOnDevice(logits, (long) step * first.length))
                    : Optional.empty();
        }

        @Override
        public void close() {
            stream.ifPresent(PipelinedDecoder::close);
        }
    }

    // the next token of each row, whose first random draw has that number
    private int[] sampleNext(MovableState movableState, int[] tokens, long draw) {
        LoadedModel there = movableState.model;
        var modelInputs = new ModelInputs(tokens, SequenceLayout.unpadded(tokens.length, 1), Map.of());
        return Scope.run(
                        there.device(),
                        () -> List.of(sampler.sample(
                                there.model()
                                        .advance(there.params(), modelInputs, movableState.state)
                                        .reshape(tokens.length, -1),
                                draw)))
                .getFirst();
    }

    private static boolean allFinished(boolean[] ended) {
        for (boolean end : ended) {
            if (!end) {
                return false;
            }
        }
        return true;
    }

    /** Returns the logits (V) of the last position after a prompt, or what is left of one, which the state then remembers. */
    public static float[] prefill(LoadedModel model, Sample prompt, ModelState state) {
        return prefill(model, List.of(prompt), state);
    }

    /** Returns the logits (V) after a token, which the state then remembers. */
    public static float[] decodeStep(LoadedModel model, int token, ModelState state) {
        return advance(model, ModelInputs.text(token), state);
    }

    private static float[] prefill(LoadedModel model, List<Sample> prompts, ModelState state) {
        int length = prompts.getFirst().tokens().length;
        if (prompts.size() > 1
                || length <= PREFILL_CHUNK
                || !prompts.getFirst().media().isEmpty()) {
            return Scope.run(
                            model.device(),
                            () -> List.of(advance(model, Batch.of(prompts, 0).inputs(model.device()), state)))
                    .getFirst();
        }
        float[] logits = new float[0];
        for (int done = 0; done < length; done += PREFILL_CHUNK) {
            int[] piece = Arrays.copyOfRange(prompts.getFirst().tokens(), done, Math.min(length, done + PREFILL_CHUNK));
            logits = advance(model, ModelInputs.text(piece), state);
        }
        return logits;
    }

    /** Returns the logits (B, V) of the last position, row-major, after the next ones; what is born meanwhile is released. */
    public static float[] advance(LoadedModel model, ModelInputs modelInputs, ModelState state) {
        return Scope.run(
                        model.device(),
                        () -> List.of(model.model()
                                .advance(model.params(), modelInputs, state)
                                .floats()))
                .getFirst();
    }
}
