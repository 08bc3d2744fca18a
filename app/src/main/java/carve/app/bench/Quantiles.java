package carve.app.bench;

import java.util.List;

/**
 * Seconds of repetitions.
 *
 * @param seconds one or more
 */
public record Quantiles(List<Double> seconds) {
    /** Sorts the repetitions. */
    public Quantiles {
        seconds = seconds.stream().sorted().toList();
        if (seconds.isEmpty()) {
            throw new IllegalArgumentException("a timing needs a repetition");
        }
    }

    /** Returns the time that a share of the repetitions stays below, between neighbours on a line. */
    public double quantile(double share) {
        double place = share * (seconds.size() - 1);
        int below = (int) place;
        int above = Math.min(below + 1, seconds.size() - 1);
        return seconds.get(below) + (place - below) * (seconds.get(above) - seconds.get(below));
    }

    /** Returns the median. */
    public double median() {
        return quantile(0.5);
    }
}
