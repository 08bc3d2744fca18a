package carve.runtime.eval.recall;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A needle in a haystack, in the eight forms of RULER (Hsieh et al. 2024, arXiv:2404.06654, {@code niah.py}): lines with values under
 * keys are hidden in a text, and the values of some keys are asked for. Prompts are RULER's to the character. Keys and values of one text are
 * all different, which RULER leaves to chance; words come from lists of Carve's own.
 *
 * @param form the form
 * @param words the words of keys
 * @param text the text of forms that hide needles in an essay; noise stands in for it unless there is one
 */
record NeedleTask(NeedleForm form, WordLists words, Haystack text) implements RecallTask {
    private static final int MAX_NEW_TOKENS = 128;
    private static final int DISTRACTORS = 3;
    // RULER's depths: 40 from 0 to 100 %, rounded
    private static final int DEPTHS = 40;

    private record Hidden(String line, boolean asked) {}

    @Override
    public String name() {
        return form.taskName();
    }

    @Override
    public String haystack() {
        return switch (form.haystack()) {
            case NEEDLES -> "needles";
            case NOISE -> Haystack.NOISE.name();
            case ESSAY -> text.name();
        };
    }

    @Override
    public boolean hasDepth() {
        return form.hasDepth();
    }

    @Override
    public int minSize() {
        return Math.max(form.needles(), 4);
    }

    @Override
    public RecallExample sized(RecallRequest request, int size) {
        RecallRandom random = new RecallRandom(request.seed(), name());
        List<String> keys = form.key().distinct(form.keys() + haystackNeedles(size), random, words);
        List<String> values =
                form.value().distinct(form.needles() + haystackNeedles(size) + DISTRACTORS, random, words);
        List<Integer> asked = random.sample(form.keys(), form.queries());
        List<Hidden> needles = random.shuffled(needles(keys, values, asked));
        String context = hide(needles, parts(keys, values, size), request.depth(), random);
        return example(
                context, asked.stream().map(keys::get).toList(), answers(values, asked), distractors(values, asked));
    }

    private int haystackNeedles(int size) {
        return form.haystack() == NeedleForm.Hay.NEEDLES ? size : 0;
    }

    private List<Hidden> needles(List<String> keys, List<String> values, List<Integer> asked) {
        return IntStream.range(0, form.needles())
                .mapToObj(i -> {
                    int key = i / form.values();
                    return new Hidden(form.value().line(keys.get(key), values.get(i)), asked.contains(key));
                })
                .toList();
    }

    private List<String> answers(List<String> values, List<Integer> asked) {
        return asked.stream()
                .flatMap(key -> values.subList(key * form.values(), (key + 1) * form.values()).stream())
                .toList();
    }

    // the other values in the text first
    private List<String> distractors(List<String> values, List<Integer> asked) {
        List<String> others = new ArrayList<>(values);
        others.removeAll(answers(values, asked));
        return form.answers() == 1 ? others.subList(0, DISTRACTORS) : List.of();
    }

    private List<String> parts(List<String> keys, List<String> values, int size) {
        return switch (form.haystack()) {
            case NOISE -> Haystack.NOISE.parts(size);
            case ESSAY -> text.parts(size);
            case NEEDLES ->
                new ArrayList<>(IntStream.range(0, size)
                        .mapToObj(i -> form.value().line(keys.get(form.keys() + i), values.get(form.needles() + i)))
                        .toList());
        };
    }

    private String hide(List<Hidden> needles, List<String> parts, Depth depth, RecallRandom random) {
        int size = parts.size();
        List<Integer> places =
                new ArrayList<>(inEssay() ? essayPlaces(size, random) : random.sample(size, needles.size()));
        if (depth instanceof Depth.At(double fraction) && hasDepth()) {
            List<Hidden> sorted = needles.stream()
                    .sorted(Comparator.comparing(Hidden::asked).reversed())
                    .toList();
            places.set(0, (int) Math.round(fraction * size));
            return insert(sorted, places, parts);
        }
        return insert(needles, places, parts);
    }

    private boolean inEssay() {
        return form.haystack() == NeedleForm.Hay.ESSAY && !text.isNoise();
    }

    private List<Integer> essayPlaces(int size, RecallRandom random) {
        return random.sample(DEPTHS, form.needles()).stream()
                .map(i -> (int) (size * (Math.rint(100.0 * i / (DEPTHS - 1)) / 100)))
                .toList();
    }

    // from the last place to the first, so that places count parts of the haystack alone
    private String insert(List<Hidden> needles, List<Integer> places, List<String> parts) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, needles.size()).boxed().toList());
        order.sort(Collections.reverseOrder(Comparator.comparing(places::get)));
        order.forEach(i -> parts.add(places.get(i), needles.get(i).line()));
        return inEssay() ? String.join(" ", parts) : String.join("\n", parts);
    }

    private RecallExample example(
            String context, List<String> queries, List<String> answers, List<String> distractors) {
        boolean one = form.answers() == 1;
        String type = form.value().plural();
        String kind = one ? type.substring(0, type.length() - 1) : type;
        String query = listed(queries);
        String prompt =
                ("%s special magic %s %s hidden within the following text. Make sure to memorize it. I will quiz you about the"
                                + " %s afterwards.\n%s\nWhat %s the special magic %s for %s mentioned in the provided text?")
                        .formatted(
                                one ? "A" : "Some",
                                kind,
                                one ? "is" : "are",
                                kind,
                                context,
                                one ? "is" : "are all",
                                kind,
                                query);
        String prefix = " The special magic %s for %s mentioned in the provided text %s"
                .formatted(kind, query, one ? "is" : "are");
        return new RecallExample(
                prompt, prefix, answers, " " + listed(answers) + ".", distractors, MAX_NEW_TOKENS, AnswerMatch.ALL);
    }

    private static String listed(List<String> items) {
        return items.size() == 1
                ? items.getFirst()
                : String.join(", ", items.subList(0, items.size() - 1)) + ", and " + items.getLast();
    }
}
