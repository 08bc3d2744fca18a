package carve.testkit.fuzz;

import java.time.Duration;

/**
 * The time or number of inputs that a target is fuzzed with.
 *
 * <p>Inputs follow from the seed alone: the same seed makes the same ones in the same order, however many there are.
 *
 * @param seed of the random numbers
 * @param inputs the greatest number of inputs
 * @param time after which no further input is made
 */
public record FuzzBudget(long seed, long inputs, Duration time) {
    /** The system property with the number of seconds for each target, for runs longer than those of tests. */
    public static final String SECONDS = "carve.fuzz.seconds";

    /** The system property with the seed of such a run. */
    public static final String SEED = "carve.fuzz.seed";

    private static final long TEST_SEED = 16;
    private static final long TEST_INPUTS = 2_000;

    /**
     * Returns the budget of a test, a fixed seed and number of inputs; or that of the system properties {@value #SECONDS} and
     * {@value #SEED}.
     */
    public static FuzzBudget ofTests() {
        return ofTests(TEST_INPUTS);
    }

    /** Returns the budget of a test as {@link #ofTests()} does, with a number of inputs for targets that take longer. */
    public static FuzzBudget ofTests(long inputs) {
        long seconds = Long.getLong(SECONDS, 0);
        long seed = Long.getLong(SEED, TEST_SEED);
        return seconds > 0
                ? new FuzzBudget(seed, Long.MAX_VALUE, Duration.ofSeconds(seconds))
                : new FuzzBudget(seed, inputs, Duration.ofMinutes(1));
    }
}
