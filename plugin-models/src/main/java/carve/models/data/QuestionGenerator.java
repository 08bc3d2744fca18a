package carve.models.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Asks the questions about one scene. */
final class QuestionGenerator {
    static final List<String> NUMBERS = List.of("zero", "one", "two", "three", "four");
    static final List<String> KEYS = List.of(
            "cat", "dog", "bird", "fish", "horse", "cow", "sheep", "goat", "mouse", "lion", "bear", "wolf", "frog",
            "duck", "bee", "ant");
    static final List<String> VALUES = List.of(
            "apple", "lemon", "plum", "bread", "milk", "rice", "salt", "honey", "stone", "wood", "glass", "iron",
            "sand", "snow", "wind", "fire");
    // one position question in eight asks for a neighbour rather than a place
    private static final int NEIGHBOUR_SHARE = 8;

    private final Scene scene;
    private final ShapesConfig config;
    private final SplitMix64 splitMix64;

    /** Asks about a scene; {@code variant} decides what is asked for where there is a choice. */
    QuestionGenerator(Scene scene, ShapesConfig config, int variant) {
        this.scene = scene;
        this.config = config;
        this.splitMix64 = new SplitMix64(scene.key(), 2 + variant);
    }

    List<Question> all() {
        List<Question> questions = new ArrayList<>();
        questions.add(new Question(
                QuestionKind.COUNT,
                "how many shapes are there?",
                NUMBERS.get(scene.shapes().size())));
        questions.add(countSome());
        colour().ifPresent(questions::add);
        shape().ifPresent(questions::add);
        position().ifPresent(questions::add);
        questions.add(presence());
        questions.add(absence());
        questions.add(new Question(QuestionKind.DESCRIPTION, "describe the picture", scene.description()));
        questions.add(recall());
        return List.copyOf(questions);
    }

    private Question countSome() {
        // three in four ask for what is there, or zero would be the best guess
        PlacedShape present = splitMix64.choose(scene.shapes());
        boolean any = splitMix64.nextInt(4) == 0;
        if (splitMix64.nextInt(2) == 0) {
            Colour colour = any ? splitMix64.choose(Colour.values()) : present.colour();
            return count(colour.word() + " shapes", figure -> figure.colour() == colour);
        }
        ShapeKind kind = any ? splitMix64.choose(ShapeKind.values()) : present.kind();
        return count(kind.plural(), figure -> figure.kind() == kind);
    }

    private Question count(String what, Predicate<PlacedShape> counted) {
        return new Question(QuestionKind.COUNT, "how many " + what + " are there?", NUMBERS.get((int)
                scene.shapes().stream().filter(counted).count()));
    }

    private Optional<Question> colour() {
        return unique(PlacedShape::kind)
                .map(figure -> new Question(
                        QuestionKind.COLOUR,
                        "what colour is the " + figure.kind().word() + "?",
                        figure.colour().word()));
    }

    private Optional<Question> shape() {
        return unique(PlacedShape::colour)
                .map(figure -> new Question(
                        QuestionKind.SHAPE,
                        "what shape is " + figure.colour().word() + "?",
                        figure.kind().word()));
    }

    private Optional<Question> position() {
        if (splitMix64.nextInt(NEIGHBOUR_SHARE) == 0) {
            var neighbours = neighbours();
            if (!neighbours.isEmpty()) {
                return Optional.of(splitMix64.choose(neighbours));
            }
        }
        if (splitMix64.nextInt(2) == 0) {
            var byFigure =
                    unique(PlacedShape::kind).map(figure -> where(figure.kind().word(), figure));
            if (byFigure.isPresent()) {
                return byFigure;
            }
        }
        return unique(PlacedShape::name).map(figure -> where(figure.name(), figure));
    }

    private static Question where(String name, PlacedShape figure) {
        return new Question(QuestionKind.POSITION, "where is the " + name + "?", figure.position());
    }

    /** Returns a question for each uniquely named figure that shares its row or column with exactly one other on that side. */
    private List<Question> neighbours() {
        List<Question> questions = new ArrayList<>();
        for (PlacedShape from : scene.shapes()) {
            if (matching(figure -> figure.name().equals(from.name())).size() == 1) {
                neighbour(questions, "left of", from, to -> to.row() == from.row() && to.column() < from.column());
                neighbour(questions, "right of", from, to -> to.row() == from.row() && to.column() > from.column());
                neighbour(questions, "above", from, to -> to.column() == from.column() && to.row() < from.row());
                neighbour(questions, "below", from, to -> to.column() == from.column() && to.row() > from.row());
            }
        }
        return questions;
    }

    private void neighbour(List<Question> questions, String side, PlacedShape from, Predicate<PlacedShape> there) {
        var found = matching(there);
        if (found.size() == 1) {
            questions.add(new Question(
                    QuestionKind.POSITION,
                    "what is " + side + " the " + from.name() + "?",
                    "a " + found.getFirst().name()));
        }
    }

    private Question presence() {
        return existence(splitMix64.choose(scene.shapes()).name(), "yes");
    }

    /** Half of what is absent is put together from a colour and a shape that are there, where that is possible. */
    private Question absence() {
        boolean near = splitMix64.nextInt(2) == 0;
        List<String> absent = new ArrayList<>();
        for (Colour colour : Colour.values()) {
            for (ShapeKind kind : ShapeKind.values()) {
                boolean known = !matching(figure -> figure.colour() == colour).isEmpty()
                        && !matching(figure -> figure.kind() == kind).isEmpty();
                if (known == near
                        && matching(figure -> figure.colour() == colour && figure.kind() == kind)
                                .isEmpty()) {
                    absent.add(colour.word() + " " + kind.word());
                }
            }
        }
        return absent.isEmpty() ? absence() : existence(splitMix64.choose(absent), "no");
    }

    private static Question existence(String name, String answer) {
        return new Question(QuestionKind.EXISTENCE, "is there a " + name + "?", answer);
    }

    private Question recall() {
        int pairs = splitMix64.nextIntBetween(config.minPairs(), config.maxPairs());
        int[] keys = splitMix64.sampleDistinct(pairs, KEYS.size());
        int[] values = IntStream.range(0, pairs)
                .map(i -> splitMix64.nextInt(VALUES.size()))
                .toArray();
        String told = IntStream.range(0, pairs)
                .mapToObj(i -> KEYS.get(keys[i]) + " " + VALUES.get(values[i]))
                .collect(Collectors.joining(", "));
        int asked = splitMix64.nextInt(pairs);
        return new Question(
                QuestionKind.RECALL,
                "remember: " + told + ". what is " + KEYS.get(keys[asked]) + "?",
                VALUES.get(values[asked]));
    }

    private List<PlacedShape> matching(Predicate<PlacedShape> predicate) {
        return scene.shapes().stream().filter(predicate).toList();
    }

    /** Returns one of the figures that no other equals in this. */
    private <K> Optional<PlacedShape> unique(Function<PlacedShape, K> property) {
        var candidates =
                matching(figure -> matching(other -> property.apply(other).equals(property.apply(figure)))
                                .size()
                        == 1);
        return candidates.isEmpty() ? Optional.empty() : Optional.of(splitMix64.choose(candidates));
    }

    /** Returns every word of every question and answer, without punctuation. */
    static List<String> words() {
        List<String> words = new ArrayList<>(List.of(
                "how",
                "many",
                "shapes",
                "are",
                "there",
                "what",
                "colour",
                "is",
                "the",
                "shape",
                "where",
                "of",
                "above",
                "below",
                "a",
                "yes",
                "no",
                "describe",
                "picture",
                "and",
                "remember"));
        Arrays.stream(Colour.values()).map(Colour::word).forEach(words::add);
        Arrays.stream(ShapeKind.values()).map(ShapeKind::word).forEach(words::add);
        Arrays.stream(ShapeKind.values()).map(ShapeKind::plural).forEach(words::add);
        words.addAll(NUMBERS);
        words.addAll(PlacedShape.ROWS);
        words.addAll(PlacedShape.COLUMNS);
        words.addAll(KEYS);
        words.addAll(VALUES);
        return List.copyOf(words);
    }
}
