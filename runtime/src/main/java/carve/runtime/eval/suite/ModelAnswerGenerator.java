package carve.runtime.eval.suite;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenGenerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A model that answers greedily; prompts of one length are answered side by side.
 *
 * @param model the model
 * @param processor talks to it
 * @param batch how many prompts at once
 */
public record ModelAnswerGenerator(LoadedModel model, Processor processor, int batch) implements AnswerGenerator {
    @Override
    public List<String> generate(List<List<Message>> prompts, int maxTokens) {
        List<Sample> samples = prompts.stream().map(processor::prompt).toList();
        String[] answers = new String[samples.size()];
        for (List<Integer> rows : batches(samples)) {
            List<Sample> together = rows.stream().map(samples::get).toList();
            TokenGenerator tokenGenerator = new TokenGenerator(
                    model,
                    Sampler.greedy(processor.suppressedTokens()),
                    processor.stopTokens(),
                    processor.maxNewTokens(together.getFirst(), maxTokens));
            List<int[]> tokens = tokenGenerator.generate(together, (_, _) -> {});
            for (int i = 0; i < rows.size(); i++) {
                answers[rows.get(i)] = processor.decode(tokens.get(i)).strip();
            }
        }
        return Arrays.asList(answers);
    }

    private List<List<Integer>> batches(List<Sample> samples) {
        List<Integer> sorted = IntStream.range(0, samples.size())
                .boxed()
                .sorted(Comparator.comparing(i -> samples.get(i).tokens().length))
                .toList();
        List<List<Integer>> batches = new ArrayList<>();
        for (int index : sorted) {
            boolean fits = !batches.isEmpty()
                    && batches.getLast().size() < batch
                    && fit(samples.get(batches.getLast().getFirst()), samples.get(index));
            if (!fits) {
                batches.add(new ArrayList<>());
            }
            batches.getLast().add(index);
        }
        return batches;
    }

    private static boolean fit(Sample one, Sample other) {
        return one.tokens().length == other.tokens().length
                && one.media().keySet().equals(other.media().keySet());
    }
}
