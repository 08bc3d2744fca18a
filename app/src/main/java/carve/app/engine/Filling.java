package carve.app.engine;

import carve.api.model.HybridModel;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.model.SiteProbe;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Takes a prompt into a state, piece by piece. On the device's thread. */
final class Filling implements AutoCloseable {
    private final LoadedModel model;
    private final SnapshotCache cache;
    private final Prompt prompt;
    private final int piece;
    private final List<String> keys;
    private final Set<Integer> wanted = new TreeSet<>();
    private final Pieces pieces;
    private final ModelState state;
    private final int cached;
    private final List<Score> scores = new ArrayList<>();
    private float[] logits = new float[0];

    /**
     * Begins, where possible at a snapshot.
     *
     * @param capacity how many positions the session may have
     * @param keys of the boundaries of the prompt; empty if no snapshots are used and made
     * @param from the most positions that may come from a snapshot
     */
    Filling(
            LoadedModel model,
            SnapshotCache cache,
            Prompt prompt,
            int piece,
            int capacity,
            List<String> keys,
            int from) {
        this.model = model;
        this.cache = cache;
        this.prompt = prompt;
        this.piece = piece;
        this.keys = keys;
        int known = cache.meet(keys);
        this.state = begin(cache.longest(keys.subList(0, Math.min(keys.size(), from / piece))), capacity);
        this.cached = state.position();
        this.pieces = new Pieces(model, prompt);
        if (!keys.isEmpty()) {
            wanted.add(keys.size());
        }
        if (known > 0) {
            wanted.add(known);
        }
    }

    private ModelState begin(Optional<Snapshot> found, int capacity) {
        if (found.isEmpty()) {
            return model.model().newState(model.device(), 1, capacity);
        }
        try (Snapshot snapshot = found.get()) {
            return snapshot.restore(model, capacity);
        }
    }

    /** Returns how many positions came from a snapshot. */
    int cached() {
        return cached;
    }

    ModelState state() {
        return state;
    }

    /** Returns the logits (V) after the last position. */
    float[] logits() {
        return logits;
    }

    List<Score> scores() {
        return scores;
    }

    boolean done() {
        return state.position() == prompt.length();
    }

    /** Returns whether all boundaries are passed. */
    boolean remembered() {
        return state.position() / piece >= keys.size();
    }

    /**
     * Takes the next piece.
     *
     * @param best how many of the best tokens are told with the score of each; -1 if none are scored
     * @param answering whether the logits after the last position are wanted
     */
    void next(int best, boolean answering) {
        int from = state.position();
        int to = Math.min(prompt.length(), (from / piece + 1) * piece);
        Scope.run(model.device(), () -> {
            HybridModel hybrid = model.model();
            Tensor outputs = hybrid.advanceEncoded(model.params(), pieces.encode(from, to), state);
            if (best >= 0) {
                score(hybrid.logits(model.params(), outputs, SiteProbe.NONE).floats(), from, to, best);
            }
            if (to == prompt.length() && answering) {
                Tensor last = outputs.slice(1, to - from - 1, to - from);
                logits = hybrid.logits(model.params(), last, SiteProbe.NONE).floats();
            }
        });
        int boundary = to / piece;
        if (to % piece == 0 && wanted.contains(boundary) && !cache.has(keys.get(boundary - 1))) {
            cache.put(Snapshot.of(keys.get(boundary - 1), model.device(), state, cache::shared));
        }
    }

    private void score(float[] all, int from, int to, int best) {
        int vocabulary = model.spec().vocabulary();
        for (int t = from; t < to && t + 1 < prompt.length(); t++) {
            scores.add(Score.of(all, (t - from) * vocabulary, vocabulary, prompt.tokens()[t + 1], best));
        }
    }

    @Override
    public void close() {
        pieces.close();
        state.close();
    }
}
