package carve.models.data;

import carve.models.image.RgbImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The world of coloured shapes: scenes by index, their pictures and their questions.
 *
 * <p>Everything is a function of the settings and the arguments, so any thread may ask for anything in any order. A scene belongs to a split by a
 * hash of its description, which no seed enters: two scenes that look alike but for size, place in the cell and ground are in the same split.
 */
public final class ShapesDataset {
    // figures take 16 to 20 of 64 pixels; a cell has a third of the picture
    private static final double LEAST_SIZE = 16 / 64.0;
    private static final double GREATEST_SIZE = 20 / 64.0;
    private static final double CELL = 1 / 3.0;

    private final ShapesConfig config;

    /** Makes the world of these settings. */
    public ShapesDataset(ShapesConfig config) {
        this.config = config;
    }

    /** Returns the settings. */
    public ShapesConfig config() {
        return config;
    }

    /** Returns the scene of an index, any number from 0. */
    public Scene scene(Split split, long index) {
        var splitMix64 = new SplitMix64(config.seed(), split.ordinal(), index);
        Scene scene = draw(splitMix64);
        while (splitOf(scene) != split) {
            scene = draw(splitMix64);
        }
        return scene;
    }

    /** Returns the split that the scene belongs to under these settings. */
    public Split splitOf(Scene scene) {
        long hash = SplitMix64.mix(scene.description().hashCode());
        return Long.remainderUnsigned(hash, 100) < config.testPercent() ? Split.TEST : Split.TRAIN;
    }

    /** Returns the picture of a scene, {@code pixels} a side. */
    public RgbImage render(Scene scene) {
        return new SceneRenderer(config.imageSize()).render(scene);
    }

    /**
     * Returns the questions about a scene: two of count and two of existence, one of them answered no; one of colour, shape and position where an
     * answer is unique; one of description and one of recall. Always the same for the same scene.
     */
    public List<Question> questions(Scene scene) {
        return new QuestionGenerator(scene, config, 0).all();
    }

    /** Returns the different questions of several variants: there is a choice of what to count, to find and to recall. */
    List<Question> questions(Scene scene, int variants) {
        return IntStream.range(0, variants)
                .mapToObj(variant -> new QuestionGenerator(scene, config, variant).all())
                .flatMap(List::stream)
                .distinct()
                .toList();
    }

    private Scene draw(SplitMix64 splitMix64) {
        long key = splitMix64.next();
        int background = splitMix64.nextInt(100) < config.lightBackgroundPercent()
                ? splitMix64.nextIntBetween(205, 245)
                : splitMix64.nextIntBetween(10, 45);
        int count = splitMix64.nextIntBetween(config.minShapes(), config.maxShapes());
        List<PlacedShape> figures = new ArrayList<>();
        for (int cell : splitMix64.sampleDistinct(count, 9)) {
            figures.add(place(splitMix64, cell / 3, cell % 3));
        }
        figures.sort(Comparator.comparingInt(figure -> figure.row() * 3 + figure.column()));
        return new Scene(key, background, figures);
    }

    private static PlacedShape place(SplitMix64 splitMix64, int row, int column) {
        double size = LEAST_SIZE + splitMix64.nextDouble() * (GREATEST_SIZE - LEAST_SIZE);
        double slack = CELL - size;
        double x = (column + 0.5) * CELL + (splitMix64.nextDouble() - 0.5) * slack;
        double y = (row + 0.5) * CELL + (splitMix64.nextDouble() - 0.5) * slack;
        return new PlacedShape(
                splitMix64.choose(ShapeKind.values()), splitMix64.choose(Colour.values()), row, column, x, y, size);
    }
}
