package carve.models.template;

/**
 * The bounds of one rendering of a chat template.
 *
 * @param maxSteps how many steps it may take; a step is about a node of the template, an item, or 16 characters that are made
 * @param maxCharacters how many characters the output, or any one string, may have
 * @param maxDepth how deep calls, blocks and expressions may be nested in one another
 */
public record TemplateLimits(long maxSteps, int maxCharacters, int maxDepth) {
    private static final int DEEPEST = 1000;

    /**
     * Checks the bounds.
     *
     * @throws IllegalArgumentException if one is not positive, or the depth is above 1000, which a thread's stack may not hold
     */
    public TemplateLimits {
        if (maxSteps <= 0 || maxCharacters <= 0 || maxDepth <= 0 || maxDepth > DEEPEST) {
            throw new IllegalArgumentException(
                    "template limits: all must be positive and the depth at most %d; maxSteps=%d, maxCharacters=%d, maxDepth=%d"
                            .formatted(DEEPEST, maxSteps, maxCharacters, maxDepth));
        }
    }

    /** Returns bounds that no known template comes near: 50 million steps, 16 million characters, a depth of 500. */
    public static TemplateLimits standard() {
        return new TemplateLimits(50_000_000, 16 << 20, 500);
    }
}
