package carve.bench;

import java.util.Arrays;
import java.util.List;

/**
 * The times of the repetitions of one task.
 *
 * @param seconds of each repetition, ascending
 */
record Timing(List<Double> seconds) {
    private static final double WARM_UP = 0.5;
    private static final double REPETITION = 0.02;
    private static final double NANOS = 1e-9;

    /** Sorts the repetitions. */
    Timing {
        seconds = seconds.stream().sorted().toList();
        if (seconds.isEmpty()) {
            throw new IllegalArgumentException("a timing needs a repetition");
        }
    }

    /** Times a body, warm: each repetition is as many calls as take 20 ms. */
    static Timing of(int repetitions, Runnable body) {
        int calls = calls(body);
        double[] seconds = new double[repetitions];
        for (int i = 0; i < repetitions; i++) {
            seconds[i] = once(calls, body) / calls;
        }
        return new Timing(Arrays.stream(seconds).boxed().toList());
    }

    private static int calls(Runnable body) {
        double spent = 0;
        double last = 0;
        for (int i = 0; i < 3 || spent < WARM_UP; i++) {
            last = once(1, body);
            spent += last;
        }
        return (int) Math.max(1, Math.ceil(REPETITION / last));
    }

    private static double once(int calls, Runnable body) {
        long begin = System.nanoTime();
        for (int i = 0; i < calls; i++) {
            body.run();
        }
        return (System.nanoTime() - begin) * NANOS;
    }

    /** Returns the median in seconds. */
    double median() {
        return quantile(0.5);
    }

    /** Returns the shortest repetition in seconds. */
    double min() {
        return seconds.getFirst();
    }

    /** Returns the time that a share of the repetitions stays below, between neighbours on a line. */
    double quantile(double share) {
        double place = share * (seconds.size() - 1);
        int below = (int) place;
        int above = Math.min(below + 1, seconds.size() - 1);
        return seconds.get(below) + (place - below) * (seconds.get(above) - seconds.get(below));
    }
}
