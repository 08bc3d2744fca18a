package carve.runtime.eval.recall;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Variable tracking of RULER (Hsieh et al. 2024, arXiv:2404.06654, {@code variable_tracking.py}): a value goes through a chain of five
 * variables, and all five are asked for. An example with its answer stands before the text; it has five lines of noise, where RULER takes as
 * many as 500 tokens hold. The prefix is RULER's to the character, {@code assgined} included.
 */
record VariableTracking() implements RecallTask {
    private static final int VARIABLES = 5;
    private static final int MAX_NEW_TOKENS = 30;
    private static final int EXAMPLE_LINES = 5;

    private record Chain(String prompt, String prefix, List<String> names) {}

    @Override
    public String name() {
        return "variable-tracking";
    }

    @Override
    public String haystack() {
        return Haystack.NOISE.name();
    }

    @Override
    public int minSize() {
        return EXAMPLE_LINES;
    }

    @Override
    public RecallExample sized(RecallRequest request, int size) {
        RecallRandom random = new RecallRandom(request.seed(), name());
        Chain shot = chain(EXAMPLE_LINES, 3, random);
        Chain asked = chain(size, 5, random);
        String example = shot.prompt() + shot.prefix() + " " + String.join(" ", shot.names()) + "\n\n";
        return new RecallExample(
                example + "\n\n" + asked.prompt(),
                asked.prefix(),
                asked.names(),
                String.join(" ", asked.names()),
                List.of(),
                MAX_NEW_TOKENS,
                AnswerMatch.ALL);
    }

    private static Chain chain(int lines, int letters, RecallRandom random) {
        List<String> names = random.distinct(VARIABLES, Set.of(), () -> random.letters('A', letters));
        int value = random.between(10_000, 99_998);
        String prompt =
                ("Memorize and track the chain(s) of variable assignment hidden in the following text.\n\n%s\nQuestion: Find all"
                                + " variables that are assigned the value %d in the text above.")
                        .formatted(context(statements(names, value), lines, random), value);
        String prefix =
                (" Answer: According to the chain(s) of variable assignment in the text above, %d variables are assgined the"
                                + " value %d, they are: ")
                        .formatted(VARIABLES, value);
        return new Chain(prompt, prefix, names);
    }

    private static List<String> statements(List<String> names, int value) {
        List<String> statements = new ArrayList<>();
        statements.add("VAR %s = %d".formatted(names.getFirst(), value));
        for (int i = 1; i < names.size(); i++) {
            statements.add("VAR %s = VAR %s ".formatted(names.get(i), names.get(i - 1)));
        }
        return statements;
    }

    private static String context(List<String> statements, int lines, RecallRandom random) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < lines; i++) {
            parts.add(Haystack.NOISE_LINE + "\n");
        }
        List<Integer> places =
                random.sample(lines, statements.size()).stream().sorted().toList();
        for (int i = 0; i < statements.size(); i++) {
            parts.add(places.get(i) + i, statements.get(i));
        }
        return String.join(" ", parts);
    }
}
