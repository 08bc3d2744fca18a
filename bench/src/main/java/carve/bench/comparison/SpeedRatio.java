package carve.bench.comparison;

import carve.api.json.JsonObject;
import java.util.Locale;

/**
 * A line of the table.
 *
 * @param work what was done
 * @param against by whom else
 * @param ours our figure, in the unit
 * @param theirs theirs
 * @param unit of both; more is better
 * @param goal what the ratio is to be at least; 0 if there is none
 */
record SpeedRatio(String work, String against, double ours, double theirs, String unit, double goal) {
    double ratio() {
        return ours / theirs;
    }

    String markdown() {
        String met = goal == 0 ? "" : ratio() >= goal ? "yes" : "no";
        return "| %s | %s | %s %s | %s %s | %s | %s | %s |"
                .formatted(
                        work,
                        against,
                        number(ours),
                        unit,
                        number(theirs),
                        unit,
                        String.format(Locale.ROOT, "%.2f", ratio()),
                        goal == 0 ? "" : String.valueOf(goal),
                        met);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    JsonObject json() {
        return JsonObject.empty()
                .with("work", work)
                .with("against", against)
                .with("ours", ours)
                .with("theirs", theirs)
                .with("unit", unit)
                .with("ratio", ratio())
                .with("goal", goal);
    }
}
