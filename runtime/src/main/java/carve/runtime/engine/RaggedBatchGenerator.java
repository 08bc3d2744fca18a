package carve.runtime.engine;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Answers prompts of different lengths, each with a state of its own, in steps of all that go on.
 *
 * @param model the model
 * @param sampler chooses tokens; the draw of row r at step s of R rows is s R + r
 * @param stopTokens token ids that end an answer
 * @param maxTokens after so many tokens an answer ends anyway
 */
record RaggedBatchGenerator(LoadedModel model, Sampler sampler, Set<Integer> stopTokens, int maxTokens) {
    /** A prompt and its answer so far. */
    private static final class Row implements AutoCloseable {
        private final int number;
        private final ModelState state;
        private final List<Integer> answer = new ArrayList<>();
        private float[] logits;

        Row(int number, LoadedModel model, Sample prompt, int maxTokens) {
            this.number = number;
            this.state = model.model().newState(model.device(), 1, prompt.tokens().length + maxTokens);
            this.logits = TokenGenerator.prefill(model, prompt, state);
        }

        @Override
        public void close() {
            state.close();
        }
    }

    List<int[]> generate(List<Sample> prompts, TokenGenerator.TokenListener tokenListener) {
        List<Row> rows = new ArrayList<>();
        try {
            for (Sample prompt : prompts) {
                rows.add(new Row(rows.size(), model, prompt, maxTokens));
            }
            List<Row> going = List.copyOf(rows);
            for (int step = 0; !going.isEmpty(); step++) {
                long draw = (long) step * rows.size();
                going = going.stream()
                        .filter(row -> sampleNext(row, draw, tokenListener))
                        .toList();
                if (!going.isEmpty()) {
                    advance(going);
                }
            }
            return rows.stream().map(row -> Drafter.ints(row.answer)).toList();
        } finally {
            rows.forEach(Row::close);
        }
    }

    /** Chooses the next token of a row; returns whether its answer goes on. */
    private boolean sampleNext(Row row, long draw, TokenGenerator.TokenListener tokenListener) {
        int token = sampler.sample(row.logits, 0, row.logits.length, draw + row.number);
        if (stopTokens.contains(token)) {
            return false;
        }
        row.answer.add(token);
        tokenListener.onToken(row.number, token);
        return row.answer.size() < maxTokens;
    }

    private void advance(List<Row> rows) {
        int[] tokens = rows.stream().mapToInt(row -> row.answer.getLast()).toArray();
        List<ModelState> states = rows.stream().map(row -> row.state).toList();
        ModelInputs modelInputs = new ModelInputs(tokens, SequenceLayout.unpadded(tokens.length, 1), Map.of());
        float[] logits = Scope.run(
                        model.device(),
                        () -> List.of(model.model()
                                .advance(model.params(), modelInputs, states)
                                .floats()))
                .getFirst();
        int vocabulary = logits.length / tokens.length;
        for (int i = 0; i < tokens.length; i++) {
            rows.get(i).logits = Arrays.copyOfRange(logits, i * vocabulary, (i + 1) * vocabulary);
        }
    }
}
