package carve.distill.optimizer;

import carve.api.config.Settings;
import carve.api.config.SettingsException;

/** The reading of numbers of steps: integers, or percentages of the run such as {@code "10%"}. */
final class StepCount {
    private StepCount() {}

    /** Returns the steps of a key in a run of so many steps; percentages are rounded to the nearest step. */
    static long of(Settings settings, String key, long steps) {
        String text = settings.string(key);
        if (!text.endsWith("%")) {
            long span = settings.longInteger(key);
            if (span < 0) {
                throw settings.error(key, "must be zero or more steps, is " + span);
            }
            return span;
        }
        double percent =
                percent(settings, key, text.substring(0, text.length() - 1).strip());
        return Math.round(steps * percent / 100);
    }

    private static double percent(Settings settings, String key, String text) {
        try {
            double percent = Double.parseDouble(text);
            if (percent >= 0 && percent <= 100) {
                return percent;
            }
        } catch (NumberFormatException e) {
            throw invalid(settings, key, text);
        }
        throw invalid(settings, key, text);
    }

    private static SettingsException invalid(Settings settings, String key, String text) {
        return settings.error(
                key, "must be a number of steps or a percentage of the run from 0% to 100%, is '" + text + "%'");
    }
}
