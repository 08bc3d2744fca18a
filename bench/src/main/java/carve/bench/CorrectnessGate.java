package carve.bench;

import java.util.Comparator;
import java.util.List;

/**
 * The check of results that comes before their speed.
 *
 * @param passed whether they are
 * @param error how far apart they were, by what was allowed; at most 1 where green
 * @param description what was compared with what, and how far apart they were
 */
record CorrectnessGate(boolean passed, double error, String description) {
    private static final double FLOOR = 1e-7;

    /**
     * Returns whether {@code rms(actual - expected) <= ratio * rms(expected) + 1e-7} and all are finite.
     *
     * @param what what is compared with what
     */
    static CorrectnessGate compare(String what, float[] expected, float[] actual, double ratio) {
        if (expected.length != actual.length || expected.length == 0) {
            return new CorrectnessGate(
                    false,
                    Double.POSITIVE_INFINITY,
                    "%s: %d values expected, found %d".formatted(what, expected.length, actual.length));
        }
        double errors = 0;
        double squares = 0;
        boolean finite = true;
        for (int i = 0; i < expected.length; i++) {
            double error = (double) actual[i] - expected[i];
            errors += error * error;
            squares += (double) expected[i] * expected[i];
            finite &= Float.isFinite(actual[i]);
        }
        double error = Math.sqrt(errors / expected.length);
        double scale = Math.sqrt(squares / expected.length);
        double part = error / (ratio * scale + FLOOR);
        return new CorrectnessGate(
                finite && part <= 1,
                finite ? part : Double.POSITIVE_INFINITY,
                "%s: rms of the difference %.1e of %.1e, allowed %.0e%s"
                        .formatted(what, error, scale, ratio, finite ? "" : ", not all finite"));
    }

    /** Returns the one that is the furthest apart: it is green where all are. */
    static CorrectnessGate worst(List<CorrectnessGate> gates) {
        return gates.stream()
                .max(Comparator.comparingDouble(CorrectnessGate::error))
                .orElseThrow();
    }
}
