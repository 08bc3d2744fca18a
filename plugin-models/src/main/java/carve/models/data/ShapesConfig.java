package carve.models.data;

import carve.api.config.Settings;

/**
 * The settings of {@link ShapesDataset}.
 *
 * @param seed the random seed
 * @param imageSize the side of an image in pixels
 * @param minShapes the least number of shapes in a scene, at least 1
 * @param maxShapes the greatest, at most 4
 * @param minPairs the least number of pairs in a recall question, at least 1
 * @param maxPairs the greatest, at most {@value #PAIR_LIMIT}
 * @param testPercent the percentage of possible scenes in the test split
 * @param lightBackgroundPercent the percentage of scenes with a light background; the others have a dark one
 */
public record ShapesConfig(
        long seed,
        int imageSize,
        int minShapes,
        int maxShapes,
        int minPairs,
        int maxPairs,
        int testPercent,
        int lightBackgroundPercent) {
    /** The greatest number of pairs of a recall question, which is the number of keys. */
    public static final int PAIR_LIMIT = 16;

    private static final int SHAPE_LIMIT = 4;
    private static final int PIXEL_LIMIT = 4096;

    /** Checks the settings. */
    public ShapesConfig {
        check("image-size", imageSize, 24, imageSize, PIXEL_LIMIT);
        check("min-shapes and max-shapes", minShapes, 1, maxShapes, SHAPE_LIMIT);
        check("min-recall-pairs and max-recall-pairs", minPairs, 1, maxPairs, PAIR_LIMIT);
        check("test-percent", testPercent, 1, testPercent, 99);
        check("light-background-percent", lightBackgroundPercent, 0, lightBackgroundPercent, 100);
    }

    /**
     * Returns the standard settings: 64 pixels, 1 to 4 shapes, 2 to 16 pairs, a tenth of the scenes for the test, half
     * on a light background.
     */
    public static ShapesConfig standard(long seed) {
        return new ShapesConfig(seed, 64, 1, SHAPE_LIMIT, 2, PAIR_LIMIT, 10, 50);
    }

    /** Returns the configuration that settings describe. */
    static ShapesConfig from(Settings settings) {
        return new ShapesConfig(
                settings.longInteger("seed"),
                settings.integer("image-size"),
                settings.integer("min-shapes"),
                settings.integer("max-shapes"),
                settings.integer("min-recall-pairs"),
                settings.integer("max-recall-pairs"),
                settings.integer("test-percent"),
                settings.integer("light-background-percent"));
    }

    private static void check(String keys, int least, int min, int greatest, int max) {
        if (least < min || greatest > max || least > greatest) {
            throw new DataException("shapes: %s must be in %d..%d and in order, found %s"
                    .formatted(keys, min, max, least == greatest ? least : least + " and " + greatest));
        }
    }
}
