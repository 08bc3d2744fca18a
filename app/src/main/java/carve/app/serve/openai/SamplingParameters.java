package carve.app.serve.openai;

import carve.app.serve.http.ApiException;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.runtime.engine.ModelEngine;
import carve.runtime.engine.Sampler;
import java.security.SecureRandom;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The sampling parameters of a request.
 *
 * @param sampler chooses
 * @param stopStrings texts that end the answer and are not part of it
 * @param stopTokens tokens that end it; none where {@code ignore_eos} is asked for
 */
record SamplingParameters(Sampler sampler, List<String> stopStrings, Set<Integer> stopTokens) {
    private static final int MAX_STOPS = 4;
    private static final double MIN_PENALTY = 0.01;
    private static final double MAX_PENALTY = 100;
    private static final SecureRandom SEEDS = new SecureRandom();

    SamplingParameters {
        stopStrings = List.copyOf(stopStrings);
        stopTokens = Set.copyOf(stopTokens);
    }

    /** Reads the fields that all answers have. */
    static SamplingParameters of(RequestFields requestFields, ServedModel model) {
        ModelEngine engine = model.engine();
        GenerationConfig usual = model.defaults();
        Set<Integer> excluded = new TreeSet<>(engine.processor().suppressedTokens());
        engine.spec().input().imageToken().ifPresent(excluded::add);
        Sampler sampler = new Sampler(
                requestFields.real("temperature", 0, 2).orElse(usual.temperature()),
                requestFields
                        .integer("top_k", -1, Integer.MAX_VALUE)
                        .map(k -> Math.max(0, k))
                        .orElse(usual.topK()),
                Math.max(Double.MIN_VALUE, requestFields.real("top_p", 0, 1).orElse(usual.topP())),
                requestFields.real("min_p", 0, 1).orElse(usual.minP()),
                requestFields
                        .real("repetition_penalty", MIN_PENALTY, MAX_PENALTY)
                        .orElse(usual.repetitionPenalty()),
                requestFields.longInteger("seed").orElseGet(SEEDS::nextLong),
                excluded);
        List<String> stops = requestFields.strings("stop").stream()
                .filter(stop -> !stop.isEmpty())
                .toList();
        if (stops.size() > MAX_STOPS) {
            throw ApiException.invalidParameter(
                    "stop", "Invalid 'stop': at most %d texts, found %d.", MAX_STOPS, stops.size());
        }
        boolean endless = requestFields.flag("ignore_eos").orElse(false);
        return new SamplingParameters(
                sampler, stops, endless ? Set.of() : engine.processor().stopTokens());
    }
}
