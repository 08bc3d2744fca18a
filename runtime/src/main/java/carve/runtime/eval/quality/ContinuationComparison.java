package carve.runtime.eval.quality;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import carve.runtime.eval.quality.TextFidelity.Continuations;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A comparison of greedy continuations: prompts are the first half of texts, at most 128 tokens.
 *
 * @param student the student
 * @param teacher the teacher
 * @param processor the tokenizer of both
 */
record ContinuationComparison(LoadedModel student, LoadedModel teacher, Processor processor) {
    private static final int PROMPT_TOKENS = 128;

    Continuations run(List<int[]> rows, int newTokens) {
        List<int[]> prompts = rows.stream()
                .map(row -> Arrays.copyOf(row, Math.clamp(row.length / 2, 1, PROMPT_TOKENS)))
                .toList();
        List<int[]> taught = continuations(teacher, prompts, newTokens);
        List<int[]> learned = continuations(student, prompts, newTokens);
        double samePrefix = 0;
        double same = 0;
        for (int i = 0; i < prompts.size(); i++) {
            int differs = Arrays.mismatch(taught.get(i), learned.get(i));
            samePrefix += differs < 0 ? taught.get(i).length : differs;
            same += differs < 0 ? 1 : 0;
        }
        int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
        return new Continuations(
                prompts.size(), longest, newTokens, samePrefix / prompts.size(), same / prompts.size());
    }

    private List<int[]> continuations(LoadedModel model, List<int[]> prompts, int newTokens) {
        try (Generator generator = new Generator(model)) {
            List<GenerationRequest> requests = prompts.stream()
                    .map(tokens -> new GenerationRequest(
                                    generator.prompt(new Sample(tokens, new boolean[tokens.length], Map.of())),
                                    Sampler.greedy(processor.suppressedTokens()),
                                    processor.stopTokens(),
                                    newTokens)
                            .with(CachePolicy.NONE))
                    .toList();
            return generator.generate(requests, TokenListener.NONE).stream()
                    .map(Completion::tokens)
                    .toList();
        }
    }
}
