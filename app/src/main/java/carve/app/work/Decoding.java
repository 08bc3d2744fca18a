package carve.app.work;

import carve.api.device.Device;
import carve.api.model.Inputs;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.model.Sample;
import carve.api.model.TokenStream;
import carve.api.op.Sequences;
import carve.api.stage.Batch;
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
 * @param stops token ids that end an answer
 * @param maxTokens after so many tokens an answer ends anyway
 * @param moves where the session goes on after a number of tokens, with its state
 */
public record Decoding(
        LoadedModel model, Sampler sampler, Set<Integer> stops, int maxTokens, Map<Integer, Supplier<Device>> moves) {
    // prompts of text are taken in pieces, so that what they need does not grow with them
    private static final int PIECE = 2048;

    /** Is told of tokens as they are chosen. */
    @FunctionalInterface
    public interface Listener {
        /** Tells of the next token of a row's answer; the token that ends it is not told. */
        void token(int row, int token);
    }

    /** A session on the device where it is now. */
    private static final class Session implements AutoCloseable {
        private final LoadedModel own;
        private LoadedModel model;
        private ModelState state;

        Session(LoadedModel model, int rows, int capacity) {
            this.own = model;
            this.model = model;
            this.state = model.model().newState(model.device(), rows, capacity);
        }

        void move(Device device) {
            if (device != model.device()) {
                LoadedModel there = device == own.device() ? own : model.on(device);
                ModelState moved = state.moved(model, there);
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
    public Decoding {
        stops = Set.copyOf(stops);
        moves = Map.copyOf(moves);
    }

    /** Makes one that stays on the model's device. */
    public Decoding(LoadedModel model, Sampler sampler, Set<Integer> stops, int maxTokens) {
        this(model, sampler, stops, maxTokens, Map.of());
    }

    /** Returns one that goes on elsewhere after numbers of tokens. */
    public Decoding moving(Map<Integer, Supplier<Device>> elsewhere) {
        return new Decoding(model, sampler, stops, maxTokens, elsewhere);
    }

    /** Returns what answers in the same way, with the help of a draft that proposes so many tokens at a time. */
    public Speculation with(LoadedModel draft, int draftTokens) {
        return new Speculation(model, draft, sampler, stops, maxTokens, draftTokens);
    }

    /**
     * Returns the answers to prompts, side by side; the tokens that end them are left out. Those of one length are taken in
     * together. Of others each has a state of its own and is taken in alone; each token is then one step of all that go on.
     *
     * @throws IllegalArgumentException if lengths differ and the session is to move
     */
    public List<int[]> answer(List<Sample> prompts, Listener listener) {
        int length = prompts.getFirst().tokens().length;
        if (prompts.stream().allMatch(prompt -> prompt.tokens().length == length)) {
            return together(prompts, length, listener);
        }
        if (!moves.isEmpty()) {
            throw new IllegalArgumentException("prompts that are answered together must have one length to move, have "
                    + prompts.stream().map(prompt -> prompt.tokens().length).toList());
        }
        return new SideBySide(model, sampler, stops, maxTokens).answer(prompts, listener);
    }

    private List<int[]> together(List<Sample> prompts, int length, Listener listener) {
        int rows = prompts.size();
        int vocabulary = model.spec().vocabulary();
        List<List<Integer>> answers = new ArrayList<>();
        prompts.forEach(_ -> answers.add(new ArrayList<>()));
        boolean[] ended = new boolean[rows];
        try (Session session = new Session(model, rows, length + maxTokens);
                Steps steps = new Steps(session)) {
            float[] logits = prompt(model, prompts, session.state);
            int[] chosen = IntStream.range(0, rows)
                    .map(row -> sampler.choose(logits, row * vocabulary, vocabulary, row))
                    .toArray();
            for (int step = 0; step < maxTokens; step++) {
                for (int row = 0; row < rows; row++) {
                    ended[row] |= stops.contains(chosen[row]);
                    if (!ended[row]) {
                        answers.get(row).add(chosen[row]);
                        listener.token(row, chosen[row]);
                    }
                }
                if (step + 1 == maxTokens || allEnded(ended)) {
                    break;
                }
                if (moves.containsKey(step + 1)) {
                    session.move(moves.get(step + 1).get());
                }
                chosen = steps.after(chosen, step + 1);
            }
        }
        return answers.stream()
                .map(answer -> answer.stream().mapToInt(Integer::intValue).toArray())
                .toList();
    }

    /** The steps after the prompt: the host waits for the tokens of each only where it chooses them, or the session moves. */
    private final class Steps implements AutoCloseable {
        private final Session session;
        private Optional<TokenStream> stream = Optional.empty();
        private boolean begun;

        Steps(Session session) {
            this.session = session;
        }

        /** Returns the next token of each row after those of the step before, the one with that number, from 1. */
        int[] after(int[] tokens, int step) {
            if (!begun) {
                begun = true;
                stream = stream(tokens);
            }
            return stream.isPresent() ? stream.get().next() : waitingFor(session, tokens, (long) step * tokens.length);
        }

        private Optional<TokenStream> stream(int[] first) {
            int picture = model.spec().input().pictureToken().orElse(-1);
            boolean possible = moves.isEmpty()
                    && (picture < 0 || sampler.excluded().contains(picture))
                    && sampler.choosesOn(
                            model.device(), first.length, model.spec().vocabulary());
            return possible
                    ? TokenStream.of(
                            model,
                            session.state,
                            first,
                            maxTokens - 1,
                            (logits, step) -> sampler.chosen(logits, (long) step * first.length))
                    : Optional.empty();
        }

        @Override
        public void close() {
            stream.ifPresent(TokenStream::close);
        }
    }

    // the next token of each row, whose first random draw has that number
    private int[] waitingFor(Session session, int[] tokens, long draw) {
        LoadedModel there = session.model;
        var inputs = new Inputs(tokens, Sequences.whole(tokens.length, 1), Map.of());
        return Scope.run(
                        there.device(),
                        () -> List.of(sampler.choose(
                                there.model()
                                        .advance(there.params(), inputs, session.state)
                                        .reshape(tokens.length, -1),
                                draw)))
                .getFirst();
    }

    private static boolean allEnded(boolean[] ended) {
        for (boolean end : ended) {
            if (!end) {
                return false;
            }
        }
        return true;
    }

    /** Returns the logits (V) of the last position after a prompt, or what is left of one, which the state then remembers. */
    public static float[] prompt(LoadedModel model, Sample prompt, ModelState state) {
        return prompt(model, List.of(prompt), state);
    }

    /** Returns the logits (V) after a token, which the state then remembers. */
    public static float[] next(LoadedModel model, int token, ModelState state) {
        return advance(model, Inputs.text(token), state);
    }

    private static float[] prompt(LoadedModel model, List<Sample> prompts, ModelState state) {
        int length = prompts.getFirst().tokens().length;
        if (prompts.size() > 1 || length <= PIECE || !prompts.getFirst().media().isEmpty()) {
            return Scope.run(
                            model.device(),
                            () -> List.of(advance(model, Batch.of(prompts, 0).inputs(model.device()), state)))
                    .getFirst();
        }
        float[] logits = new float[0];
        for (int done = 0; done < length; done += PIECE) {
            int[] piece = Arrays.copyOfRange(prompts.getFirst().tokens(), done, Math.min(length, done + PIECE));
            logits = advance(model, Inputs.text(piece), state);
        }
        return logits;
    }

    /** Returns the logits (B, V) of the last position, row-major, after the next ones; what is born meanwhile is released. */
    static float[] advance(LoadedModel model, Inputs inputs, ModelState state) {
        return Scope.run(
                        model.device(),
                        () -> List.of(model.model()
                                .advance(model.params(), inputs, state)
                                .floats()))
                .getFirst();
    }
}
