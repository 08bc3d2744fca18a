package carve.runtime.eval.recall;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Frequent words extraction of RULER (Hsieh et al. 2024, arXiv:2404.06654, {@code freq_words_extraction.py}): coded words of six letters whose
 * counts follow a zeta distribution, {@code floor(N r^-2 / zeta(2))} of rank r; the first rank is noise, {@code ...}, and the next three
 * are asked for.
 */
record FrequentWords() implements RecallTask {
    private static final double ZETA_2 = Math.PI * Math.PI / 6;
    private static final int TOKENS_PER_WORD = 50;
    private static final int LETTERS = 6;
    private static final int MAX_NEW_TOKENS = 50;
    // so many that the fourth rank stands more often than the fifth
    private static final int MIN_WORDS = 64;

    @Override
    public String name() {
        return "frequent-words";
    }

    @Override
    public int minSize() {
        return MIN_WORDS;
    }

    @Override
    public RecallExample sized(RecallRequest request, int size) {
        RecallRandom random = new RecallRandom(request.seed(), name());
        int vocabulary = Math.max(5, request.length() / TOKENS_PER_WORD);
        List<String> ranks = random.distinct(vocabulary, Set.of(), () -> random.letters('a', LETTERS));
        ranks.set(0, "...");
        List<String> answers = List.copyOf(ranks.subList(1, 4));
        String prompt =
                ("Read the following coded text and track the frequency of each coded word. Find the three most frequently appeared"
                                + " coded words. %s\nQuestion: Do not provide any explanation. Please ignore the dots '....'. What are the three"
                                + " most frequently appeared words in the above coded text?")
                        .formatted(String.join(" ", random.shuffled(text(ranks, size))));
        return new RecallExample(
                prompt,
                " Answer: According to the coded text above, the three most frequently appeared words are:",
                answers,
                " " + String.join(", ", answers),
                List.of(),
                MAX_NEW_TOKENS,
                AnswerMatch.ALL);
    }

    private static List<String> text(List<String> ranks, int size) {
        List<String> text = new ArrayList<>();
        for (int rank = 1; rank <= ranks.size(); rank++) {
            int count = (int) (size / (ZETA_2 * rank * rank));
            for (int k = 0; k < count; k++) {
                text.add(ranks.get(rank - 1));
            }
        }
        return text;
    }
}
