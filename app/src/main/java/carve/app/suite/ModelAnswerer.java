package carve.app.suite;

import carve.api.model.LoadedModel;
import carve.api.model.Message;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.app.work.Decoding;
import carve.app.work.Sampler;
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
public record ModelAnswerer(LoadedModel model, Processor processor, int batch) implements Answerer {
    @Override
    public List<String> answers(List<List<Message>> prompts, int maxTokens) {
        List<Sample> samples = prompts.stream().map(processor::prompt).toList();
        String[] answers = new String[samples.size()];
        for (List<Integer> rows : batches(samples)) {
            List<Sample> together = rows.stream().map(samples::get).toList();
            Decoding decoding = new Decoding(
                    model,
                    Sampler.greedy(processor.excluded()),
                    processor.stops(),
                    processor.limit(together.getFirst(), maxTokens));
            List<int[]> tokens = decoding.answer(together, (_, _) -> {});
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
