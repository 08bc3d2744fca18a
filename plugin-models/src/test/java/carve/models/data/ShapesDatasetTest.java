package carve.models.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.models.image.RgbImage;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Scenes are a function of seed and index, fall into one split, look as they say, and are asked about fairly. */
class ShapesDatasetTest {
    private static final ShapesDataset DATA = new ShapesDataset(ShapesConfig.standard(42));
    private static final String FROZEN_DESCRIPTION =
            "a cyan square middle right and a yellow circle bottom left and a purple star bottom center and a purple square bottom right";
    private static final int FROZEN_PICTURE = 1477206251;
    private static final int FROZEN_QUESTIONS = 1667648064;

    @Test
    void theSameSeedAndIndexGiveTheSameSceneOnEveryThread() {
        var again = new ShapesDataset(ShapesConfig.standard(42));
        LongStream.range(0, 500).parallel().forEach(index -> {
            Scene scene = again.scene(Split.TRAIN, index);
            assertEquals(DATA.scene(Split.TRAIN, index), scene);
            assertEquals(DATA.render(scene), again.render(scene));
            assertEquals(DATA.questions(scene), again.questions(scene));
        });
        assertNotEquals(DATA.scene(Split.TRAIN, 0), DATA.scene(Split.TRAIN, 1));
        assertNotEquals(DATA.scene(Split.TRAIN, 0), new ShapesDataset(ShapesConfig.standard(43)).scene(Split.TRAIN, 0));
    }

    @Test
    void theGeneratorDoesNotChange() {
        // data sets and checkpoints made with them are named by seed: another scene here is another data set
        Scene scene = DATA.scene(Split.TEST, 7);
        assertEquals(FROZEN_DESCRIPTION, scene.description());
        assertEquals(FROZEN_PICTURE, Arrays.hashCode(DATA.render(scene).samples()));
        var texts = DATA.questions(scene).stream().map(question -> question.text() + "\n" + question.answer() + "\n");
        assertEquals(FROZEN_QUESTIONS, texts.collect(Collectors.joining()).hashCode());
    }

    @Test
    void noSceneIsInBothSplitsWhateverTheSeed() {
        var other = new ShapesDataset(ShapesConfig.standard(1));
        Set<String> train = new HashSet<>();
        for (int i = 0; i < 20_000; i++) {
            train.add(DATA.scene(Split.TRAIN, i).description());
        }
        for (int i = 0; i < 5_000; i++) {
            assertFalse(train.contains(other.scene(Split.TEST, i).description()));
        }
    }

    @Test
    void everyFigureIsLargeInsideItsCellAndAlone() {
        for (int i = 0; i < 2_000; i++) {
            Scene scene = DATA.scene(Split.TRAIN, i);
            assertTrue(scene.shapes().size() >= 1 && scene.shapes().size() <= 4);
            Set<String> cells = new HashSet<>();
            for (PlacedShape figure : scene.shapes()) {
                assertTrue(figure.size() * 64 >= 16 && figure.size() * 64 <= 20);
                assertEquals(figure.column(), (int) ((figure.x() - figure.size() / 2) * 3));
                assertEquals(figure.column(), (int) ((figure.x() + figure.size() / 2) * 3 - 1e-9));
                assertEquals(figure.row(), (int) ((figure.y() - figure.size() / 2) * 3));
                assertEquals(figure.row(), (int) ((figure.y() + figure.size() / 2) * 3 - 1e-9));
                assertTrue(cells.add(figure.position()));
            }
        }
    }

    @Test
    void thePictureHasTheColourOfEachFigureInItsMiddleAndGroundAroundIt() {
        for (int pixels : new int[] {64, 28, 200}) {
            var data = new ShapesDataset(new ShapesConfig(42, pixels, 1, 4, 2, 16, 10, 50));
            for (int i = 0; i < 200; i++) {
                Scene scene = data.scene(Split.TEST, i);
                RgbImage image = data.render(scene);
                for (PlacedShape figure : scene.shapes()) {
                    for (int channel = 0; channel < 3; channel++) {
                        int middle = image.sample((int) (figure.x() * pixels), (int) (figure.y() * pixels), channel);
                        assertEquals(figure.colour().channel(channel), middle, 13);
                    }
                }
                Set<String> taken = new HashSet<>(
                        scene.shapes().stream().map(PlacedShape::position).toList());
                for (int cell = 0; cell < 9; cell++) {
                    if (!taken.contains(PlacedShape.ROWS.get(cell / 3) + " " + PlacedShape.COLUMNS.get(cell % 3))) {
                        assertEquals(
                                scene.background(),
                                image.sample((cell % 3 * 2 + 1) * pixels / 6, (cell / 3 * 2 + 1) * pixels / 6, 0));
                    }
                }
            }
        }
    }

    @Test
    void theFourShapesDifferInWhatTheyCover() {
        Map<ShapeKind, Integer> covered = new EnumMap<>(ShapeKind.class);
        for (ShapeKind shapeKind : ShapeKind.values()) {
            int count = 0;
            for (int i = 0; i < 10_000; i++) {
                count += shapeKind.covers((i % 100 + 0.5) / 50 - 1, (i / 100 + 0.5) / 50 - 1) ? 1 : 0;
            }
            covered.put(shapeKind, count);
        }
        assertEquals(Math.PI / 4 * 10_000, covered.get(ShapeKind.CIRCLE), 50);
        assertEquals(8_100, covered.get(ShapeKind.SQUARE), 50);
        assertEquals(1.85 / 4 * 10_000, covered.get(ShapeKind.TRIANGLE), 60);
        // a pentagram in the unit circle has an area of 1.12257, its square one of 4
        assertEquals(1.12257 / 4 * 10_000, covered.get(ShapeKind.STAR), 50);
    }

    @Test
    void answersAreTrue() {
        for (int i = 0; i < 3_000; i++) {
            Scene scene = DATA.scene(Split.TRAIN, i);
            for (Question question : DATA.questions(scene)) {
                assertEquals(
                        answer(scene, question.text()), question.answer(), question + " of " + scene.description());
            }
        }
    }

    @Test
    void everyKindIsAskedOften() {
        Map<QuestionKind, Integer> counts = new EnumMap<>(QuestionKind.class);
        for (int i = 0; i < 1_000; i++) {
            DATA.questions(DATA.scene(Split.TRAIN, i))
                    .forEach(question -> counts.merge(question.kind(), 1, Integer::sum));
        }
        for (QuestionKind kind : QuestionKind.values()) {
            assertTrue(counts.get(kind) >= 850, counts.toString());
        }
    }

    @Test
    void noAnswerCanBeGuessed() {
        Map<QuestionKind, Map<String, Integer>> answers = new EnumMap<>(QuestionKind.class);
        int scenes = 4_000;
        for (int i = 0; i < scenes; i++) {
            for (Question question : DATA.questions(DATA.scene(Split.TRAIN, i))) {
                answers.computeIfAbsent(question.kind(), kind -> new HashMap<>())
                        .merge(question.answer(), 1, Integer::sum);
            }
        }
        assertEquals(Map.of("yes", scenes, "no", scenes), answers.get(QuestionKind.EXISTENCE));
        assertTrue(
                mostFrequent(answers.get(QuestionKind.COUNT)) < 0.5,
                answers.get(QuestionKind.COUNT).toString());
        assertTrue(mostFrequent(answers.get(QuestionKind.COLOUR)) < 0.2);
        assertTrue(mostFrequent(answers.get(QuestionKind.SHAPE)) < 0.3);
        assertTrue(mostFrequent(answers.get(QuestionKind.POSITION)) < 0.15);
        assertTrue(mostFrequent(answers.get(QuestionKind.RECALL)) < 0.1);
    }

    @Test
    void recallGrowsFromTwoPairsToSixteen() {
        Set<Long> lengths = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            String text = DATA.questions(DATA.scene(Split.TRAIN, i)).getLast().text();
            lengths.add(text.chars().filter(c -> c == ',').count() + 1);
        }
        assertEquals(15, lengths.size());
        assertTrue(lengths.contains(2L) && lengths.contains(16L));
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertEquals(
                "shapes: min-shapes and max-shapes must be in 1..4 and in order, found 1 and 5",
                message(64, 1, 5, 2, 16, 10));
        assertEquals(
                "shapes: min-recall-pairs and max-recall-pairs must be in 1..16 and in order, found 4 and 3",
                message(64, 1, 4, 4, 3, 10));
        assertEquals("shapes: image-size must be in 24..4096 and in order, found 8", message(8, 1, 4, 2, 16, 10));
        assertEquals("shapes: test-percent must be in 1..99 and in order, found 100", message(64, 1, 4, 2, 16, 100));
    }

    private static String message(
            int pixels, int minFigures, int maxFigures, int minPairs, int maxPairs, int testPercent) {
        return assertThrows(
                        DataException.class,
                        () -> new ShapesConfig(42, pixels, minFigures, maxFigures, minPairs, maxPairs, testPercent, 50))
                .getMessage();
    }

    private static double mostFrequent(Map<String, Integer> answers) {
        int all = answers.values().stream().mapToInt(Integer::intValue).sum();
        return answers.values().stream().mapToInt(Integer::intValue).max().orElseThrow() / (double) all;
    }

    /** Answers a question from the description alone, by another way than the generator's. */
    private static String answer(Scene scene, String question) {
        List<String> figures = List.of(scene.description().substring(2).split(" and a "));
        List<String> words = List.of(question.replaceAll("[?,:.]", "").split(" "));
        return switch (words.getFirst()) {
            case "how" ->
                QuestionGenerator.NUMBERS.get((int)
                        figures.stream().filter(figure -> counts(figure, words)).count());
            case "is" ->
                figures.stream().anyMatch(figure -> figure.startsWith(words.get(3) + " " + words.get(4) + " "))
                        ? "yes"
                        : "no";
            case "describe" -> scene.description();
            case "remember" -> words.get(words.indexOf(words.getLast()) + 1);
            case "where" -> only(figures, words.subList(3, words.size())).replaceAll("^\\w+ \\w+ ", "");
            default -> which(figures, words);
        };
    }

    private static boolean counts(String figure, List<String> words) {
        String first = words.get(2);
        boolean byColour = words.contains("shapes") && !first.equals("shapes");
        return byColour
                ? figure.startsWith(first + " ")
                : first.equals("shapes") || figure.contains(" " + first.substring(0, first.length() - 1) + " ");
    }

    private static String which(List<String> figures, List<String> words) {
        if (words.get(1).equals("colour")) {
            return only(figures, words.subList(4, 5)).split(" ")[0];
        }
        if (words.get(1).equals("shape")) {
            return only(figures, words.subList(3, 4)).split(" ")[1];
        }
        String side = words.get(2);
        String[] from =
                only(figures, words.subList(words.size() - 2, words.size())).split(" ");
        var beside = figures.stream()
                .map(figure -> figure.split(" "))
                .filter(to -> switch (side) {
                    case "left" -> to[2].equals(from[2]) && column(to) < column(from);
                    case "right" -> to[2].equals(from[2]) && column(to) > column(from);
                    case "above" -> to[3].equals(from[3]) && row(to) < row(from);
                    default -> to[3].equals(from[3]) && row(to) > row(from);
                })
                .toList();
        assertEquals(1, beside.size());
        return "a " + beside.getFirst()[0] + " " + beside.getFirst()[1];
    }

    private static int row(String[] figure) {
        return List.of("top", "middle", "bottom").indexOf(figure[2]);
    }

    private static int column(String[] figure) {
        return List.of("left", "center", "right").indexOf(figure[3]);
    }

    private static String only(List<String> figures, List<String> words) {
        var matching = figures.stream()
                .filter(figure -> List.of(figure.split(" ")).containsAll(words))
                .toList();
        assertEquals(1, matching.size(), figures + " " + words);
        return matching.getFirst();
    }
}
