package carve.models.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The generator of the questions about one scene. */
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
    private final SplitMix64 random;

    /** Makes the generator of a scene; {@code variant} seeds the choices. */
    QuestionGenerator(Scene scene, ShapesConfig config, int variant) {
        this.scene = scene;
        this.config = config;
        this.random = new SplitMix64(scene.key(), 2 + variant);
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
        // three in four ask for something that is there, or zero would be the best guess
        PlacedShape present = random.choose(scene.shapes());
        boolean any = random.nextInt(4) == 0;
        if (random.nextInt(2) == 0) {
            Colour colour = any ? random.choose(Colour.values()) : present.colour();
            return count(colour.word() + " shapes", shape -> shape.colour() == colour);
        }
        ShapeKind kind = any ? random.choose(ShapeKind.values()) : present.kind();
        return count(kind.plural(), shape -> shape.kind() == kind);
    }

    private Question count(String what, Predicate<PlacedShape> counted) {
        return new Question(QuestionKind.COUNT, "how many " + what + " are there?", NUMBERS.get((int)
                scene.shapes().stream().filter(counted).count()));
    }

    private Optional<Question> colour() {
        return unique(PlacedShape::kind)
                .map(shape -> new Question(
                        QuestionKind.COLOUR,
                        "what colour is the " + shape.kind().word() + "?",
                        shape.colour().word()));
    }

    private Optional<Question> shape() {
        return unique(PlacedShape::colour)
                .map(shape -> new Question(
                        QuestionKind.SHAPE,
                        "what shape is " + shape.colour().word() + "?",
                        shape.kind().word()));
    }

    private Optional<Question> position() {
        if (random.nextInt(NEIGHBOUR_SHARE) == 0) {
            var neighbours = neighbours();
            if (!neighbours.isEmpty()) {
                return Optional.of(random.choose(neighbours));
            }
        }
        if (random.nextInt(2) == 0) {
            var byFigure =
                    unique(PlacedShape::kind).map(shape -> where(shape.kind().word(), shape));
            if (byFigure.isPresent()) {
                return byFigure;
            }
        }
        return unique(PlacedShape::name).map(shape -> where(shape.name(), shape));
    }

    private static Question where(String name, PlacedShape shape) {
        return new Question(QuestionKind.POSITION, "where is the " + name + "?", shape.position());
    }

    /**
     * Returns a question for each uniquely named shape that shares its row or column with exactly one other on that
     * side.
     */
    private List<Question> neighbours() {
        List<Question> questions = new ArrayList<>();
        for (PlacedShape from : scene.shapes()) {
            if (matching(shape -> shape.name().equals(from.name())).size() == 1) {
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
        return existence(random.choose(scene.shapes()).name(), "yes");
    }

    /**
     * Returns a question about something absent. Half of them combine a colour and a shape that are there, where
     * possible.
     */
    private Question absence() {
        boolean near = random.nextInt(2) == 0;
        List<String> absent = new ArrayList<>();
        for (Colour colour : Colour.values()) {
            for (ShapeKind kind : ShapeKind.values()) {
                boolean known = !matching(shape -> shape.colour() == colour).isEmpty()
                        && !matching(shape -> shape.kind() == kind).isEmpty();
                if (known == near
                        && matching(shape -> shape.colour() == colour && shape.kind() == kind)
                                .isEmpty()) {
                    absent.add(colour.word() + " " + kind.word());
                }
            }
        }
        return absent.isEmpty() ? absence() : existence(random.choose(absent), "no");
    }

    private static Question existence(String name, String answer) {
        return new Question(QuestionKind.EXISTENCE, "is there a " + name + "?", answer);
    }

    private Question recall() {
        int pairs = random.nextIntBetween(config.minPairs(), config.maxPairs());
        int[] keys = random.sampleDistinct(pairs, KEYS.size());
        int[] values = IntStream.range(0, pairs)
                .map(i -> random.nextInt(VALUES.size()))
                .toArray();
        String told = IntStream.range(0, pairs)
                .mapToObj(i -> KEYS.get(keys[i]) + " " + VALUES.get(values[i]))
                .collect(Collectors.joining(", "));
        int asked = random.nextInt(pairs);
        return new Question(
                QuestionKind.RECALL,
                "remember: " + told + ". what is " + KEYS.get(keys[asked]) + "?",
                VALUES.get(values[asked]));
    }

    private List<PlacedShape> matching(Predicate<PlacedShape> predicate) {
        return scene.shapes().stream().filter(predicate).toList();
    }

    /** Returns one of the shapes with a property that no other has. */
    private <K> Optional<PlacedShape> unique(Function<PlacedShape, K> property) {
        var candidates =
                matching(shape -> matching(other -> property.apply(other).equals(property.apply(shape)))
                                .size()
                        == 1);
        return candidates.isEmpty() ? Optional.empty() : Optional.of(random.choose(candidates));
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
