package carve.bench.card;

import carve.api.config.JsonObject;
import java.util.Arrays;
import java.util.Locale;

/**
 * What was found.
 *
 * @param part of the report
 * @param name what was measured
 * @param value in the unit
 * @param unit of the value
 * @param millis how long one run took: quartiles and median, or nothing where no time was taken
 * @param remark what more there is to say, or nothing
 */
record Figure(String part, String name, double value, String unit, double[] millis, String remark) {
    /** Returns the rate of runs that do so much each, in billions of a unit. */
    static Figure rate(String part, String name, double work, String unit, double[] millis, String remark) {
        return new Figure(part, name, work / millis[1] * 1000, unit, millis, remark);
    }

    /** Returns a number without a time. */
    static Figure number(String part, String name, double value, String unit, String remark) {
        return new Figure(part, name, value, unit, new double[0], remark);
    }

    JsonObject json() {
        JsonObject json = JsonObject.empty()
                .with("part", part)
                .with("case", name)
                .with("value", value)
                .with("unit", unit);
        if (millis.length > 0) {
            json = json.with("low-millis", millis[0])
                    .with("median-millis", millis[1])
                    .with("high-millis", millis[2]);
        }
        return remark.isEmpty() ? json : json.with("remark", remark);
    }

    String row() {
        String time = millis.length == 0
                ? ""
                : String.format(Locale.ROOT, "%.3f (%.3f to %.3f)", millis[1], millis[0], millis[2]);
        return String.format(Locale.ROOT, "| %s | %.4g %s | %s | %s |", name, value, unit, time, remark);
    }

    @Override
    public String toString() {
        return part + ": " + name + ": " + value + " " + unit + " " + Arrays.toString(millis) + " " + remark;
    }
}
