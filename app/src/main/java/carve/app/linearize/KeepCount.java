package carve.app.linearize;

import carve.api.config.SettingsException;

/** The number of layers that keep attention. */
final class KeepCount {
    private KeepCount() {}

    /**
     * Returns the number of layers that a number or a percentage means; a percentage is rounded to the nearest.
     *
     * @throws SettingsException if it is neither, or more than there are, or all
     */
    static int of(String text, int layers) {
        String digits = text.endsWith("%") ? text.substring(0, text.length() - 1) : text;
        if (!digits.matches("\\d{1,4}(\\.\\d+)?") || !text.endsWith("%") && digits.contains(".")) {
            throw new SettingsException(
                    "keep: expected a number of layers, or a percentage such as 25%%; found '%s'".formatted(text));
        }
        double value = Double.parseDouble(digits);
        long count = text.endsWith("%") ? Math.round(layers * value / 100) : Math.round(value);
        if (count >= layers) {
            throw new SettingsException(
                    "keep: %s of %d layers leaves none to convert; give fewer".formatted(text, layers));
        }
        return (int) count;
    }
}
