package carve.runtime.engine;

import carve.api.model.ModelState;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The processing of a prompt into a state, chunk by chunk. On the device's thread. */
final class Prefill implements AutoCloseable {
    private final ForwardPass pass;
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
     * @param capacity how many positions the sequence may have
     * @param keys of the prompt; nothing if the cache is not used
     * @param chunk the most positions of one pass; passes end at multiples of it
     * @param from the most positions that may come from a snapshot
     */
    Prefill(
            ForwardPass pass,
            PrefixCache cache,
            Prompt prompt,
            int chunk,
            int capacity,
            Optional<PrefixKeys> keys,
            int from) {
        this.pass = pass;
        this.cache = cache;
        this.prompt = prompt;
        this.chunk = chunk;
        this.keys = keys.map(PrefixKeys::boundaries).orElse(List.of());
        int seen = cache.markSeen(this.keys);
        this.state = initialState(keys.flatMap(all -> cache.longestMatch(all, from)), capacity);
        this.cachedPositions = state.position();
        this.embedder = new PromptEmbedder(pass.model(), prompt);
        if (!this.keys.isEmpty()) {
            boundariesToCache.add(this.keys.size());
            // the same prompt again needs its last position computed
            boundariesToCache.add((prompt.length() - 1) / chunk);
        }
        if (seen > 0) {
            boundariesToCache.add(seen);
        }
    }

    private ModelState initialState(Optional<StateSnapshot> found, int capacity) {
        if (found.isEmpty()) {
            return pass.newState(capacity);
        }
        try (StateSnapshot snapshot = found.get()) {
            return snapshot.restore(pass.model(), capacity);
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

    private int end() {
        return Math.min(prompt.length(), (state.position() / chunk + 1) * chunk);
    }

    /** Returns how many positions the next chunk has. */
    int nextLength() {
        return end() - state.position();
    }

    /** Processes the next chunk alone, without logits. */
    void processChunk() {
        processChunks(List.of(this), -1, false);
    }

    /**
     * Processes the next chunks of prompts, all of one length, in one pass.
     *
     * @param best how many of the best tokens are told with the score of each token of the prompt; -1 if none are scored
     * @param answering whether the logits after a prompt are wanted
     */
    static void processChunks(List<Prefill> prefills, int best, boolean answering) {
        ForwardPass pass = prefills.getFirst().pass;
        Scope.run(pass.device(), () -> {
            List<Tensor> embeddings = prefills.stream()
                    .map(prefill -> prefill.embedder.encode(prefill.state.position(), prefill.end()))
                    .toList();
            Tensor outputs = pass.advance(
                    embeddings.size() == 1 ? embeddings.getFirst() : Tensors.concat(0, embeddings),
                    prefills.stream().map(Prefill::state).toList());
            for (int row = 0; best >= 0 && row < prefills.size(); row++) {
                prefills.get(row)
                        .score(pass.logits(outputs.slice(0, row, row + 1)).floats(), best);
            }
            if (answering && prefills.stream().anyMatch(Prefill::isDone)) {
                float[] last = pass.logits(ForwardPass.last(outputs)).floats();
                for (int row = 0; row < prefills.size(); row++) {
                    prefills.get(row).logits = ForwardPass.row(last, row * pass.vocabulary(), pass.vocabulary());
                }
            }
        });
        prefills.forEach(Prefill::cacheBoundary);
    }

    private void cacheBoundary() {
        int position = state.position();
        int boundary = position / chunk;
        if (position % chunk == 0
                && cache.keepsStates()
                && boundariesToCache.contains(boundary)
                && !cache.contains(keys.get(boundary - 1))) {
            cache.put(StateSnapshot.of(keys.get(boundary - 1), pass.device(), state, cache::intern));
        }
    }

    private void score(float[] all, int best) {
        int vocabulary = pass.vocabulary();
        int to = state.position();
        int from = to - all.length / vocabulary;
        for (int t = from; t < to && t + 1 < prompt.length(); t++) {
            FiniteLogits.require(all, (t - from) * vocabulary, vocabulary);
            logprobs.add(TokenLogprob.of(all, (t - from) * vocabulary, vocabulary, prompt.tokens()[t + 1], best));
        }
    }

    /** Releases what the prompt needed, and leaves the state to whoever took it over. */
    void closeEmbedder() {
        embedder.close();
    }

    @Override
    public void close() {
        closeEmbedder();
        state.close();
    }
}
