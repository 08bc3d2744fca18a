package carve.app.serve;

import carve.app.engine.ModelEngine;
import carve.app.work.AppConfig.Generation;
import carve.app.work.Sampler;
import java.security.SecureRandom;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the tokens of an answer are chosen, as a request says.
 *
 * @param sampler chooses
 * @param stops texts that end the answer and are not part of it
 * @param ends tokens that end it; none where {@code ignore_eos} is asked for
 */
record Choosing(Sampler sampler, List<String> stops, Set<Integer> ends) {
    private static final int MOST_STOPS = 16;
    private static final SecureRandom SEEDS = new SecureRandom();

    Choosing {
        stops = List.copyOf(stops);
        ends = Set.copyOf(ends);
    }

    /** Reads the fields that all answers have. */
    static Choosing of(Fields fields, Generation usual, ModelEngine engine) {
        fields.requireDefault("n", "1");
        fields.requireDefault("best_of", "1");
        fields.requireDefault("frequency_penalty", "0", "0.0");
        fields.requireDefault("presence_penalty", "0", "0.0");
        fields.requireDefault("logit_bias");
        Set<Integer> excluded = new TreeSet<>(engine.processor().excluded());
        engine.spec().input().pictureToken().ifPresent(excluded::add);
        Sampler sampler = new Sampler(
                fields.real("temperature", 0, 2).orElse(usual.temperature()),
                fields.integer("top_k", -1, Integer.MAX_VALUE)
                        .map(k -> Math.max(0, k))
                        .orElse(usual.topK()),
                Math.max(Double.MIN_VALUE, fields.real("top_p", 0, 1).orElse(usual.topP())),
                fields.whole("seed").orElseGet(SEEDS::nextLong),
                excluded);
        List<String> stops =
                fields.strings("stop").stream().filter(stop -> !stop.isEmpty()).toList();
        if (stops.size() > MOST_STOPS) {
            throw ApiException.invalid("stop", "Invalid 'stop': at most %d texts, found %d.", MOST_STOPS, stops.size());
        }
        boolean endless = fields.flag("ignore_eos").orElse(false);
        return new Choosing(
                sampler, stops, endless ? Set.of() : engine.processor().stops());
    }
}
