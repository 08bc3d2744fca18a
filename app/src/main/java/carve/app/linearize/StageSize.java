package carve.app.linearize;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;

/**
 * The size of a stage as its recipe has it.
 *
 * @param name of the stage
 * @param steps of the optimizer
 * @param rows of a step
 * @param length L, the most tokens of a row
 */
record StageSize(String name, long steps, long rows, int length) {
    /** Reads the size of a stage; the defaults are those of {@code stage.conf} and of the recipe's data. */
    static StageSize of(Settings stage, int dataLength) {
        long rows = number(stage, "batch-size", 8) * number(stage, "gradient-accumulation-steps", 1);
        int length = stage.has("data") ? (int) number(stage.section("data"), "max-length", dataLength) : dataLength;
        long steps = stage.has("steps")
                ? stage.longInteger("steps")
                : Math.max(1, number(stage, "tokens", 1) / (rows * length));
        return new StageSize(stage.string("name"), steps, rows, length);
    }

    static long number(Settings settings, String key, long otherwise) {
        return settings.has(key) && settings.node(key) instanceof SettingsNode.Scalar
                ? settings.longInteger(key)
                : otherwise;
    }

    /** Returns the tokens of a step. */
    long stepTokens() {
        return rows * length;
    }

    /** Returns the tokens of the stage. */
    long tokens() {
        return steps * stepTokens();
    }
}
