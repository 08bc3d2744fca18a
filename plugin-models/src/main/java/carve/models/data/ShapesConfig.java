package carve.models.data;

import carve.api.config.Settings;

/**
 * Settings of {@link ShapesDataset}.
 *
 * @param seed what all random choices derive from
 * @param imageSize the side of a picture
 * @param minShapes the least number of figures in a scene, at least 1
 * @param maxShapes the greatest, at most 4
 * @param minPairs the least number of pairs in a recall question, at least 1
 * @param maxPairs the greatest, at most {@value #PAIR_LIMIT}
 * @param testPercent how many of a hundred possible scenes belong to the test split
 * @param lightBackgroundPercent how many of a hundred scenes have a light ground; the others have a dark one
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
    /** The greatest number of pairs that a recall question can have: there are no more keys. */
    public static final int PAIR_LIMIT = 16;

    private static final int FIGURE_LIMIT = 4;
    private static final int PIXEL_LIMIT = 4096;

    /** Checks the settings. */
    public ShapesConfig {
        check("pixels", imageSize, 24, imageSize, PIXEL_LIMIT);
        check("min-figures and max-figures", minShapes, 1, maxShapes, FIGURE_LIMIT);
        check("min-pairs and max-pairs", minPairs, 1, maxPairs, PAIR_LIMIT);
        check("test-percent", testPercent, 1, testPercent, 99);
        check("light-percent", lightBackgroundPercent, 0, lightBackgroundPercent, 100);
    }

    /** Returns the standard settings: 64 pixels, 1 to 4 figures, 2 to 16 pairs, a tenth of the scenes for the test, half on light ground. */
    public static ShapesConfig standard(long seed) {
        return new ShapesConfig(seed, 64, 1, FIGURE_LIMIT, 2, PAIR_LIMIT, 10, 50);
    }

    /** Returns the configuration that settings describe. */
    static ShapesConfig from(Settings settings) {
        return new ShapesConfig(
                settings.longInteger("seed"),
                settings.integer("pixels"),
                settings.integer("min-figures"),
                settings.integer("max-figures"),
                settings.integer("min-pairs"),
                settings.integer("max-pairs"),
                settings.integer("test-percent"),
                settings.integer("light-percent"));
    }

    private static void check(String keys, int least, int min, int greatest, int max) {
        if (least < min || greatest > max || least > greatest) {
            throw new DataException("shapes: %s must be in %d..%d and in order, found %s"
                    .formatted(keys, min, max, least == greatest ? least : least + " and " + greatest));
        }
    }
}
