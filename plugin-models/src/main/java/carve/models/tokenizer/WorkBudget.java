package carve.models.tokenizer;

import carve.models.text.TextException;
import java.util.concurrent.CancellationException;

/**
 * A limit of the steps that the tokenizing of one text may take, in proportion to its length.
 *
 * <p>It is also where a tokenizer notices that its thread was interrupted. Not thread-safe; every call has one of its own.
 */
public final class WorkBudget {
    private static final long STEPS_PER_CHARACTER = 256;
    private static final long MIN_STEPS = 10_000_000;
    private static final long CHECK_INTERVAL = 1 << 18;
    // one character has at most 18 in any of Unicode's normal forms
    private static final long MAX_GROWTH = 32;
    private static final long MIN_LENGTH = 1 << 20;

    private final int length;
    private final long limit;
    private long spent;
    private long nextCheck = CHECK_INTERVAL;

    private WorkBudget(int length) {
        this.length = length;
        this.limit = MIN_STEPS + STEPS_PER_CHARACTER * length;
    }

    /** Returns the budget of a text of so many characters. */
    public static WorkBudget of(int length) {
        return new WorkBudget(length);
    }

    /**
     * Counts steps; one is about as much as looking at a character.
     *
     * @throws TextException if the text has taken too many
     * @throws CancellationException if the thread was interrupted
     */
    public void spend(long steps) {
        spent += steps;
        if (spent >= nextCheck) {
            check();
        }
    }

    /**
     * Checks the length of a text that was made from the given one.
     *
     * @throws TextException if it has grown out of proportion
     */
    public void requireLength(long made) {
        if (made > MAX_GROWTH * length + MIN_LENGTH) {
            throw new TextException(
                    "tokenizer: the normalizer makes a text of %d characters longer than %d; it is not supported"
                            .formatted(length, MAX_GROWTH * length + MIN_LENGTH));
        }
    }

    private void check() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("tokenizing was interrupted");
        }
        if (spent > limit) {
            throw new TextException(
                    "tokenizer: gave up on a text of %d characters after %d steps; an expression or a vocabulary of this tokenizer takes too long for it"
                            .formatted(length, spent));
        }
        nextCheck = spent + CHECK_INTERVAL;
    }
}
