package carve.runtime.eval.recall;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * {@link Mqar} for models of text: words are the symbols, a sixteenth of them pairs, and the text ends with the last of the keys that
 * come again; its value is the answer.
 *
 * @param words the symbols
 */
record MqarText(WordLists words) implements RecallTask {
    private static final int SYMBOLS_PER_PAIR = 16;
    private static final int DISTRACTORS = 3;
    private static final int MIN_SIZE = 16;
    private static final int MAX_NEW_TOKENS = 5;

    @Override
    public String name() {
        return "mqar";
    }

    @Override
    public int minSize() {
        return MIN_SIZE;
    }

    @Override
    public RecallExample sized(RecallRequest request, int size) {
        int length = 4 * size; // four symbols at least for each pair
        int pairs = Math.max(DISTRACTORS + 1, length / SYMBOLS_PER_PAIR);
        int vocabulary = length + 2;
        RecallRandom random = new RecallRandom(request.seed(), name());
        List<String> symbols = words.distinct(vocabulary, random);
        Mqar.Row row = new Mqar(vocabulary, length, pairs, Mqar.ALPHA, true).row(random.bits());
        int last = length - 1;
        while (row.labels()[last] < 0) {
            last--;
        }
        int answer = row.labels()[last];
        String prompt =
                Arrays.stream(row.inputs(), 0, last + 1).mapToObj(symbols::get).collect(Collectors.joining(" "));
        List<String> others = Arrays.stream(row.inputs(), 0, 2 * pairs)
                .filter(symbol -> symbol >= vocabulary / 2 && symbol != answer)
                .limit(DISTRACTORS)
                .mapToObj(symbols::get)
                .toList();
        String value = symbols.get(answer);
        return new RecallExample(
                prompt, "", List.of(value), " " + value, others, MAX_NEW_TOKENS, AnswerMatch.FIRST_WORD);
    }
}
