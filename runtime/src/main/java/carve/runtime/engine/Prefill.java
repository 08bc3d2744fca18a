package carve.runtime.engine;

import carve.api.model.ActivationRecorder;
import carve.api.model.HybridModel;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Takes a prompt into a state, piece by piece. On the device's thread. */
final class Prefill implements AutoCloseable {
    private final LoadedModel model;
    private final PrefixCache cache;
    private final Prompt prompt;
    private final int chunk;
    private final List<String> keys;
    private final Set<Integer> boundariesToCache = new TreeSet<>();
    private final PromptEmbedder embedder;
    private final ModelState state;
    private final int cachedPositions;
    private final List<TokenLogprob> logprobs = new ArrayList<>();
    private float[] logits = new float[0];

    /**
     * Begins, where possible at a snapshot.
     *
     * @param capacity how many positions the session may have
     * @param keys of the boundaries of the prompt; empty if no snapshots are used and made
     * @param from the most positions that may come from a snapshot
     */
    Prefill(LoadedModel model, PrefixCache cache, Prompt prompt, int piece, int capacity, List<String> keys, int from) {
        this.model = model;
        this.cache = cache;
        this.prompt = prompt;
        this.chunk = piece;
        this.keys = keys;
        int known = cache.markSeen(keys);
        this.state = initialState(cache.longestMatch(keys.subList(0, Math.min(keys.size(), from / piece))), capacity);
        this.cachedPositions = state.position();
        this.embedder = new PromptEmbedder(model, prompt);
        if (!keys.isEmpty()) {
            boundariesToCache.add(keys.size());
        }
        if (known > 0) {
            boundariesToCache.add(known);
        }
    }

    private ModelState initialState(Optional<StateSnapshot> found, int capacity) {
        if (found.isEmpty()) {
            return model.model().newState(model.device(), 1, capacity);
        }
        try (StateSnapshot stateSnapshot = found.get()) {
            return stateSnapshot.restore(model, capacity);
        }
    }

    /** Returns how many positions came from a snapshot. */
    int cachedPositions() {
        return cachedPositions;
    }

    ModelState state() {
        return state;
    }

    /** Returns the logits (V) after the last position. */
    float[] logits() {
        return logits;
    }

    List<TokenLogprob> logprobs() {
        return logprobs;
    }

    boolean isDone() {
        return state.position() == prompt.length();
    }

    /** Returns whether all boundaries are passed. */
    boolean allBoundariesPassed() {
        return state.position() / chunk >= keys.size();
    }

    /**
     * Takes the next piece.
     *
     * @param best how many of the best tokens are told with the score of each; -1 if none are scored
     * @param answering whether the logits after the last position are wanted
     */
    void processChunk(int best, boolean answering) {
        int from = state.position();
        int to = Math.min(prompt.length(), (from / chunk + 1) * chunk);
        Scope.run(model.device(), () -> {
            HybridModel hybrid = model.model();
            Tensor outputs = hybrid.advanceEmbeddings(model.params(), embedder.encode(from, to), state);
            if (best >= 0) {
                score(
                        hybrid.logits(model.params(), outputs, ActivationRecorder.NONE)
                                .floats(),
                        from,
                        to,
                        best);
            }
            if (to == prompt.length() && answering) {
                Tensor last = outputs.slice(1, to - from - 1, to - from);
                logits = hybrid.logits(model.params(), last, ActivationRecorder.NONE)
                        .floats();
            }
        });
        int boundary = to / chunk;
        if (to % chunk == 0 && boundariesToCache.contains(boundary) && !cache.contains(keys.get(boundary - 1))) {
            cache.put(StateSnapshot.of(keys.get(boundary - 1), model.device(), state, cache::intern));
        }
    }

    private void score(float[] all, int from, int to, int best) {
        int vocabulary = model.spec().vocabulary();
        for (int t = from; t < to && t + 1 < prompt.length(); t++) {
            logprobs.add(TokenLogprob.of(all, (t - from) * vocabulary, vocabulary, prompt.tokens()[t + 1], best));
        }
    }

    @Override
    public void close() {
        embedder.close();
        state.close();
    }
}
