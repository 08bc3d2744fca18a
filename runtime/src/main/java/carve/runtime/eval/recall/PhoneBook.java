package carve.runtime.eval.recall;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A phone book (Jelassi et al. 2024, arXiv:2402.01032): lines {@code First Last: 10 digits}, of which two come again as examples before a third
 * is asked for. The first line that is generated must be its digits.
 *
 * @param words the names
 */
record PhoneBook(WordLists words) implements RecallTask {
    private static final int DISTRACTORS = 3;
    private static final int MAX_NEW_TOKENS = 20;

    @Override
    public String name() {
        return "phone-book";
    }

    @Override
    public boolean hasDepth() {
        return true;
    }

    @Override
    public int minSize() {
        return DISTRACTORS + 1;
    }

    // half of the names, so that drawing different ones ends soon
    @Override
    public int maxSize() {
        return words.firstNames().size() * words.lastNames().size() / 2;
    }

    @Override
    public RecallExample sized(RecallRequest request, int size) {
        RecallRandom random = new RecallRandom(request.seed(), name());
        List<String> names = random.distinct(
                size, Set.of(), () -> random.choose(words.firstNames()) + " " + random.choose(words.lastNames()));
        List<String> numbers = random.distinct(size, Set.of(), () -> digits(random));
        int asked = DepthIndex.of(request.depth(), size, random);
        List<Integer> others = new ArrayList<>(IntStream.range(0, size).boxed().toList());
        others.remove(asked);
        List<Integer> shots =
                random.sample(others.size(), 2).stream().map(others::get).toList();
        String prompt = lines(IntStream.range(0, size).boxed().toList(), names, numbers)
                + lines(shots, names, numbers)
                + names.get(asked)
                + ":";
        return new RecallExample(
                prompt,
                "",
                List.of(numbers.get(asked)),
                " " + numbers.get(asked),
                others.stream().limit(DISTRACTORS).map(numbers::get).toList(),
                MAX_NEW_TOKENS,
                AnswerMatch.FIRST_LINE);
    }

    private static String lines(List<Integer> indices, List<String> names, List<String> numbers) {
        return indices.stream()
                .map(i -> names.get(i) + ": " + numbers.get(i) + "\n")
                .collect(Collectors.joining());
    }

    private static String digits(RecallRandom random) {
        StringBuilder digits = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            digits.append(random.below(10));
        }
        return digits.toString();
    }
}
