package carve.models.data;

import carve.models.image.RgbImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A generated data set of coloured shapes: scenes by index, with their images and questions.
 *
 * <p>Everything is a function of the settings and the arguments, so it is thread-safe. A scene belongs to a split by a
 * hash of its description, without the seed: two scenes that differ only in sizes, positions inside cells and
 * background are in the same split.
 */
public final class ShapesDataset {
    // shapes take 16 to 20 of 64 pixels; a cell has a third of the image
    private static final double LEAST_SIZE = 16 / 64.0;
    private static final double GREATEST_SIZE = 20 / 64.0;
    private static final double CELL = 1 / 3.0;

    private final ShapesConfig config;

    /** Makes the data set of these settings. */
    public ShapesDataset(ShapesConfig config) {
        this.config = config;
    }

    /** Returns the settings. */
    public ShapesConfig config() {
        return config;
    }

    /** Returns the scene of an index, any number from 0. */
    public Scene scene(Split split, long index) {
        var random = new SplitMix64(config.seed(), split.ordinal(), index);
        Scene scene = draw(random);
        while (splitOf(scene) != split) {
            scene = draw(random);
        }
        return scene;
    }

    /** Returns the split that the scene belongs to under these settings. */
    public Split splitOf(Scene scene) {
        long hash = SplitMix64.mix(scene.description().hashCode());
        return Long.remainderUnsigned(hash, 100) < config.testPercent() ? Split.TEST : Split.TRAIN;
    }

    /** Returns the image of a scene. */
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

    /** Returns the distinct questions of several variants, which count, locate and recall different things. */
    List<Question> questions(Scene scene, int variants) {
        return IntStream.range(0, variants)
                .mapToObj(variant -> new QuestionGenerator(scene, config, variant).all())
                .flatMap(List::stream)
                .distinct()
                .toList();
    }

    private Scene draw(SplitMix64 random) {
        long key = random.next();
        int background = random.nextInt(100) < config.lightBackgroundPercent()
                ? random.nextIntBetween(205, 245)
                : random.nextIntBetween(10, 45);
        int count = random.nextIntBetween(config.minShapes(), config.maxShapes());
        List<PlacedShape> shapes = new ArrayList<>();
        for (int cell : random.sampleDistinct(count, 9)) {
            shapes.add(place(random, cell / 3, cell % 3));
        }
        shapes.sort(Comparator.comparingInt(shape -> shape.row() * 3 + shape.column()));
        return new Scene(key, background, shapes);
    }

    private static PlacedShape place(SplitMix64 random, int row, int column) {
        double size = LEAST_SIZE + random.nextDouble() * (GREATEST_SIZE - LEAST_SIZE);
        double slack = CELL - size;
        double x = (column + 0.5) * CELL + (random.nextDouble() - 0.5) * slack;
        double y = (row + 0.5) * CELL + (random.nextDouble() - 0.5) * slack;
        return new PlacedShape(
                random.choose(ShapeKind.values()), random.choose(Colour.values()), row, column, x, y, size);
    }
}
