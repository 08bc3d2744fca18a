package carve.runtime.eval.recall;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Retrieval from a dictionary, as MOHAWK's {@code KVRetrieval.py} makes it (Bick et al. 2024, arXiv:2408.10189): lines {@code word:number} and the
 * value of one key. Numbers are 0 to 99 and all different; beyond 100 lines they have as many digits more as it takes.
 *
 * @param words the keys
 */
record KeyValueRetrieval(WordLists words) implements RecallTask {
    private static final int DISTRACTORS = 3;
    private static final int MAX_NEW_TOKENS = 10;

    @Override
    public String name() {
        return "key-value";
    }

    @Override
    public boolean hasDepth() {
        return true;
    }

    @Override
    public int minSize() {
        return DISTRACTORS + 1;
    }

    @Override
    public RecallExample sized(RecallRequest request, int size) {
        RecallRandom random = new RecallRandom(request.seed(), name());
        List<String> keys = words.distinct(size, random);
        List<Integer> numbers = random.sample(bound(size), size);
        int asked = DepthIndex.of(request.depth(), size, random);
        String lines = IntStream.range(0, size)
                .mapToObj(i -> keys.get(i) + ":" + numbers.get(i))
                .collect(Collectors.joining("\n"));
        String answer = numbers.get(asked).toString();
        List<String> others =
                new ArrayList<>(numbers.stream().map(String::valueOf).toList());
        others.remove(asked);
        return new RecallExample(
                "Memorize the following dictionary:\n" + lines + "\nThe value of the key '" + keys.get(asked) + "' is",
                "",
                List.of(answer),
                " " + answer,
                others.subList(0, DISTRACTORS),
                MAX_NEW_TOKENS,
                AnswerMatch.FIRST_INTEGER);
    }

    private static int bound(int size) {
        int bound = 100;
        while (bound < size) {
            bound *= 10;
        }
        return bound;
    }
}
