package carve.app.engine;

import static org.junit.jupiter.api.Assertions.fail;

import carve.api.param.CounterRandom;
import carve.app.work.Sampler;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Random prompts, and what an engine makes of them. */
final class Talks {
    static final int VOCABULARY = 29;

    private Talks() {}

    /** What an engine made of a prompt. */
    record Answer(List<Integer> tokens, int cached) {}

    static Request request(Prompt prompt, long seed, int tokens, boolean cached) {
        Sampler sampler = new Sampler(0.9, 0, 0.95, seed, Set.of());
        return new Request(prompt, sampler, Set.of(0), tokens, -1, false, cached);
    }

    static List<Integer> random(CounterRandom random, int from, int length) {
        List<Integer> tokens = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            tokens.add(1 + random.below(from + i, VOCABULARY - 1));
        }
        return tokens;
    }

    static Prompt prompt(List<Integer> tokens) {
        return Prompt.text(tokens.stream().mapToInt(Integer::intValue).toArray());
    }

    /** Waits for the answer to a job. */
    static Answer answer(Job job) {
        List<Integer> tokens = new ArrayList<>();
        int cached = 0;
        try {
            while (true) {
                switch (job.take()) {
                    case Event.Prompted prompted -> cached = prompted.cached();
                    case Event.Token token -> tokens.add(token.token());
                    case Event.Ended _ -> {
                        return new Answer(tokens, cached);
                    }
                    case Event.Failed failed -> fail(failed.problem());
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
