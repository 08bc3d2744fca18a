package carve.runtime.eval.recall;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Common words extraction of RULER (Hsieh et al. 2024, arXiv:2404.06654, {@code common_words_extraction.py}): ten words stand in a numbered
 * list more often than the others, and are asked for. A shorter list with its answer stands before.
 *
 * @param words the words
 */
record CommonWords(WordLists words) implements RecallTask {
    private static final int COMMON = 10;
    private static final int LONG = 4096;
    private static final int MAX_NEW_TOKENS = 120;

    private record WordList(String prompt, String answer, List<String> common) {}

    /** The counts of common words and others in a list. */
    private record Repeats(int words, int common, int others) {}

    @Override
    public String name() {
        return "common-words";
    }

    @Override
    public int minSize() {
        return COMMON + 1;
    }

    @Override
    public RecallExample sized(RecallRequest request, int size) {
        RecallRandom random = new RecallRandom(request.seed(), name());
        boolean small = request.length() < LONG;
        WordList shot = list(small ? new Repeats(20, 3, 1) : new Repeats(40, 10, 3), random);
        WordList asked = list(small ? new Repeats(size, 6, 1) : new Repeats(size, 30, 3), random);
        String prefix = " Answer: The top 10 words that appear most often in the list are:";
        return new RecallExample(
                shot.prompt() + prefix + shot.answer() + "\n" + asked.prompt(),
                prefix,
                asked.common(),
                " " + asked.answer(),
                List.of(),
                MAX_NEW_TOKENS,
                AnswerMatch.ALL);
    }

    private WordList list(Repeats repeats, RecallRandom random) {
        List<String> all = words.distinct(repeats.words(), random);
        List<String> list = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            int times = i < COMMON ? repeats.common() : repeats.others();
            for (int k = 0; k < times; k++) {
                list.add(all.get(i));
            }
        }
        List<String> common = all.subList(0, COMMON);
        String prompt =
                ("Below is a numbered list of words. In these words, some appear more often than others. Memorize the ones that"
                                + " appear most often.\n%s\nQuestion: What are the 10 most common words in the above list?")
                        .formatted(numbered(random.shuffled(list)));
        return new WordList(prompt, numbered(common), common);
    }

    private static String numbered(List<String> list) {
        return IntStream.range(0, list.size())
                .mapToObj(i -> (i + 1) + ". " + list.get(i))
                .collect(Collectors.joining(" "));
    }
}
