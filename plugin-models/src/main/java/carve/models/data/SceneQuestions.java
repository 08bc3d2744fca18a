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
final class SceneQuestions {
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
    private final Draws draws;

    /** Asks about a scene; {@code variant} decides what is asked for where there is a choice. */
    SceneQuestions(Scene scene, ShapesConfig config, int variant) {
        this.scene = scene;
        this.config = config;
        this.draws = new Draws(scene.key(), 2 + variant);
    }

    List<Question> all() {
        List<Question> questions = new ArrayList<>();
        questions.add(new Question(
                QuestionKind.COUNT,
                "how many shapes are there?",
                NUMBERS.get(scene.figures().size())));
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
        PlacedFigure present = draws.of(scene.figures());
        boolean any = draws.below(4) == 0;
        if (draws.below(2) == 0) {
            Colour colour = any ? draws.of(Colour.values()) : present.colour();
            return count(colour.word() + " shapes", figure -> figure.colour() == colour);
        }
        Figure kind = any ? draws.of(Figure.values()) : present.figure();
        return count(kind.plural(), figure -> figure.figure() == kind);
    }

    private Question count(String what, Predicate<PlacedFigure> counted) {
        return new Question(QuestionKind.COUNT, "how many " + what + " are there?", NUMBERS.get((int)
                scene.figures().stream().filter(counted).count()));
    }

    private Optional<Question> colour() {
        return unique(PlacedFigure::figure)
                .map(figure -> new Question(
                        QuestionKind.COLOUR,
                        "what colour is the " + figure.figure().word() + "?",
                        figure.colour().word()));
    }

    private Optional<Question> shape() {
        return unique(PlacedFigure::colour)
                .map(figure -> new Question(
                        QuestionKind.SHAPE,
                        "what shape is " + figure.colour().word() + "?",
                        figure.figure().word()));
    }

    private Optional<Question> position() {
        if (draws.below(NEIGHBOUR_SHARE) == 0) {
            var neighbours = neighbours();
            if (!neighbours.isEmpty()) {
                return Optional.of(draws.of(neighbours));
            }
        }
        if (draws.below(2) == 0) {
            var byFigure = unique(PlacedFigure::figure)
                    .map(figure -> where(figure.figure().word(), figure));
            if (byFigure.isPresent()) {
                return byFigure;
            }
        }
        return unique(PlacedFigure::name).map(figure -> where(figure.name(), figure));
    }

    private static Question where(String name, PlacedFigure figure) {
        return new Question(QuestionKind.POSITION, "where is the " + name + "?", figure.position());
    }

    /** Returns a question for each uniquely named figure that shares its row or column with exactly one other on that side. */
    private List<Question> neighbours() {
        List<Question> questions = new ArrayList<>();
        for (PlacedFigure from : scene.figures()) {
            if (matching(figure -> figure.name().equals(from.name())).size() == 1) {
                neighbour(questions, "left of", from, to -> to.row() == from.row() && to.column() < from.column());
                neighbour(questions, "right of", from, to -> to.row() == from.row() && to.column() > from.column());
                neighbour(questions, "above", from, to -> to.column() == from.column() && to.row() < from.row());
                neighbour(questions, "below", from, to -> to.column() == from.column() && to.row() > from.row());
            }
        }
        return questions;
    }

    private void neighbour(List<Question> questions, String side, PlacedFigure from, Predicate<PlacedFigure> there) {
        var found = matching(there);
        if (found.size() == 1) {
            questions.add(new Question(
                    QuestionKind.POSITION,
                    "what is " + side + " the " + from.name() + "?",
                    "a " + found.getFirst().name()));
        }
    }

    private Question presence() {
        return existence(draws.of(scene.figures()).name(), "yes");
    }

    /** Half of what is absent is put together from a colour and a shape that are there, where that is possible. */
    private Question absence() {
        boolean near = draws.below(2) == 0;
        List<String> absent = new ArrayList<>();
        for (Colour colour : Colour.values()) {
            for (Figure kind : Figure.values()) {
                boolean known = !matching(figure -> figure.colour() == colour).isEmpty()
                        && !matching(figure -> figure.figure() == kind).isEmpty();
                if (known == near
                        && matching(figure -> figure.colour() == colour && figure.figure() == kind)
                                .isEmpty()) {
                    absent.add(colour.word() + " " + kind.word());
                }
            }
        }
        return absent.isEmpty() ? absence() : existence(draws.of(absent), "no");
    }

    private static Question existence(String name, String answer) {
        return new Question(QuestionKind.EXISTENCE, "is there a " + name + "?", answer);
    }

    private Question recall() {
        int pairs = draws.between(config.minPairs(), config.maxPairs());
        int[] keys = draws.distinct(pairs, KEYS.size());
        int[] values =
                IntStream.range(0, pairs).map(i -> draws.below(VALUES.size())).toArray();
        String told = IntStream.range(0, pairs)
                .mapToObj(i -> KEYS.get(keys[i]) + " " + VALUES.get(values[i]))
                .collect(Collectors.joining(", "));
        int asked = draws.below(pairs);
        return new Question(
                QuestionKind.RECALL,
                "remember: " + told + ". what is " + KEYS.get(keys[asked]) + "?",
                VALUES.get(values[asked]));
    }

    private List<PlacedFigure> matching(Predicate<PlacedFigure> predicate) {
        return scene.figures().stream().filter(predicate).toList();
    }

    /** Returns one of the figures that no other equals in this. */
    private <K> Optional<PlacedFigure> unique(Function<PlacedFigure, K> property) {
        var candidates =
                matching(figure -> matching(other -> property.apply(other).equals(property.apply(figure)))
                                .size()
                        == 1);
        return candidates.isEmpty() ? Optional.empty() : Optional.of(draws.of(candidates));
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
        Arrays.stream(Figure.values()).map(Figure::word).forEach(words::add);
        Arrays.stream(Figure.values()).map(Figure::plural).forEach(words::add);
        words.addAll(NUMBERS);
        words.addAll(PlacedFigure.ROWS);
        words.addAll(PlacedFigure.COLUMNS);
        words.addAll(KEYS);
        words.addAll(VALUES);
        return List.copyOf(words);
    }
}
