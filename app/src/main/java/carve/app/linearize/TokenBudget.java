package carve.app.linearize;

import carve.api.json.JsonObject;
import carve.api.model.LoadedModel;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import carve.runtime.model.WeightPrecision;
import java.util.Set;

/**
 * The tokens of a budget. The rate is that of a timed forward pass of the teacher; it is measured once, and what follows from it is
 * kept, so that a run that goes on at another speed makes the same steps.
 *
 * @param tokens that training sees
 * @param seconds that it is expected to take
 * @param tokensPerSecond the expected rate
 */
record TokenBudget(long tokens, double seconds, double tokensPerSecond) {
    private static final int TIMED = 3;

    /** Times the teacher and returns the budget. */
    static TokenBudget measure(LinearizeContext context) {
        LinearizeConfig config = context.config();
        double rate;
        try (LoadedModel teacher = context.teacher().load(context.device(), WeightPrecision.F32)) {
            rate = forwardRate(teacher, config.scaling().maxLength()) / config.forwardsPerStep();
        }
        long tokens = switch (config.budget()) {
            case Budget.Tokens given -> given.tokens();
            case Budget.Time time -> Math.max(1, Math.round(time.seconds() * config.trainingShare() * rate));
        };
        return new TokenBudget(tokens, tokens / rate, rate);
    }

    // positions a second of the best of a few passes, since the first ones warm up
    private static double forwardRate(LoadedModel model, int length) {
        int[] tokens = new int[length];
        for (int i = 0; i < length; i++) {
            tokens[i] = i % Math.min(model.spec().vocabulary(), 1000);
        }
        double best = Double.MAX_VALUE;
        try (Generator generator = new Generator(model)) {
            for (int i = 0; i < TIMED; i++) {
                Completion completion = generator.generate(
                        new GenerationRequest(Prompt.text(tokens), Sampler.greedy(Set.of()), Set.of(), 1)
                                .with(GenerationRequest.CachePolicy.NONE),
                        TokenListener.NONE);
                best = Math.min(best, completion.prefillSeconds());
            }
        }
        return length / Math.max(best, 1e-6);
    }

    static TokenBudget of(JsonObject json) {
        return new TokenBudget(json.longInteger("tokens"), json.real("seconds"), json.real("tokens-per-second"));
    }

    JsonObject json() {
        return JsonObject.empty()
                .with("tokens", tokens)
                .with("seconds", seconds)
                .with("tokens-per-second", tokensPerSecond);
    }
}
