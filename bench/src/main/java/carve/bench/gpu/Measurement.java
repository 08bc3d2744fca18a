package carve.bench.gpu;

import carve.api.json.JsonObject;
import java.util.Arrays;
import java.util.Locale;

/**
 * The result of a measurement.
 *
 * @param section of the report
 * @param name what was measured
 * @param value in the unit
 * @param unit of the value
 * @param millis how long one run took: quartiles and median, or nothing where no time was taken
 * @param note what more there is to say, or nothing
 */
record Measurement(String section, String name, double value, String unit, double[] millis, String note) {
    /** Returns the rate of runs that do so much each, in billions of a unit. */
    static Measurement rate(String part, String name, double work, String unit, double[] millis, String remark) {
        return new Measurement(part, name, work / millis[1] * 1000, unit, millis, remark);
    }

    /** Returns a number without a time. */
    static Measurement number(String part, String name, double value, String unit, String remark) {
        return new Measurement(part, name, value, unit, new double[0], remark);
    }

    JsonObject json() {
        JsonObject json = JsonObject.empty()
                .with("part", section)
                .with("case", name)
                .with("value", value)
                .with("unit", unit);
        if (millis.length > 0) {
            json = json.with("low-millis", millis[0])
                    .with("median-millis", millis[1])
                    .with("high-millis", millis[2]);
        }
        return note.isEmpty() ? json : json.with("remark", note);
    }

    String row() {
        String time = millis.length == 0
                ? ""
                : String.format(Locale.ROOT, "%.3f (%.3f to %.3f)", millis[1], millis[0], millis[2]);
        return String.format(Locale.ROOT, "| %s | %.4g %s | %s | %s |", name, value, unit, time, note);
    }

    @Override
    public String toString() {
        return section + ": " + name + ": " + value + " " + unit + " " + Arrays.toString(millis) + " " + note;
    }
}
