package carve.models.template.value;

import java.util.concurrent.CancellationException;

/**
 * Limits of one rendering of a template, less what it has spent: steps, characters, depth.
 *
 * <p>It is also where a rendering notices that its thread was interrupted. Not thread-safe; every rendering has one of its own.
 */
public final class Budget {
    private static final int CHARACTERS_PER_STEP = 16;
    private static final int MAX_BITS = 1 << 16;
    private static final long CHECK_INTERVAL = 1 << 16;

    private final long maxSteps;
    private final int maxCharacters;
    private final int maxDepth;
    private long steps;
    private long nextCheck = CHECK_INTERVAL;
    private int depth;

    /** Makes a budget of so many steps, characters in any one text, and levels. */
    public Budget(long maxSteps, int maxCharacters, int maxDepth) {
        this.maxSteps = maxSteps;
        this.maxCharacters = maxCharacters;
        this.maxDepth = maxDepth;
    }

    /**
     * Counts steps.
     *
     * @throws PythonException if the rendering has taken too many
     * @throws CancellationException if the thread was interrupted
     */
    public void spend(long count) {
        steps += count;
        if (steps > maxSteps) {
            throw PythonException.limit("the template takes more than %d steps".formatted(maxSteps));
        }
        if (steps >= nextCheck) {
            nextCheck = steps + CHECK_INTERVAL;
            if (Thread.currentThread().isInterrupted()) {
                throw new CancellationException("rendering a chat template was interrupted");
            }
        }
    }

    /**
     * Counts the making of a text of this length, before it is made.
     *
     * @throws PythonException if a text may not be so long, or the rendering has made too much
     */
    public void text(long length) {
        grow(0, length);
    }

    /**
     * Counts the growth of a text, before it grows.
     *
     * @throws PythonException if a text may not be so long, or the rendering has made too much
     */
    public void grow(long length, long more) {
        if (length + more > maxCharacters) {
            throw PythonException.limit(
                    "the template makes a text of more than %d characters".formatted(maxCharacters));
        }
        spend(more / CHARACTERS_PER_STEP);
    }

    /**
     * Counts the making of a list of this length, before it is made.
     *
     * @throws PythonException if a list may not be so long, or the rendering has made too much
     */
    public void list(long length) {
        if (length > maxCharacters) {
            throw PythonException.limit("the template makes a list of more than %d items".formatted(maxCharacters));
        }
        spend(length);
    }

    /**
     * Counts the making of an integer of so many bits, before it is made.
     *
     * @throws PythonException if an integer may not be so long
     */
    public void integer(long bits) {
        if (bits > MAX_BITS) {
            throw PythonException.limit("the template makes an integer of more than %d bits".formatted(MAX_BITS));
        }
        spend(bits / CHARACTERS_PER_STEP);
    }

    /**
     * Goes one level deeper; {@link #leave} comes back.
     *
     * @throws PythonException if that is too deep
     */
    public void enter() {
        if (depth >= maxDepth) {
            throw PythonException.limit(
                    "the template's calls, blocks and expressions are nested deeper than %d".formatted(maxDepth));
        }
        depth++;
        spend(1);
    }

    /** Comes back from a level. */
    public void leave() {
        depth--;
    }
}
