package carve.app.bench;

/**
 * The work that is measured at a time.
 *
 * @param kind a prompt at once, or an answer token by token
 * @param tokens how many positions each row takes
 * @param depth how many positions each row has seen before
 * @param batch rows side by side
 */
public record Workload(Kind kind, int tokens, int depth, int batch) {
    /** The kinds. */
    public enum Kind {
        /** A prompt: all positions at once, in pieces of 2,048. */
        PROMPT_PROCESSING("pp"),
        /** An answer: one position after the other. */
        TEXT_GENERATION("tg");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }
    }

    /** Checks that there is something to do. */
    public Workload {
        if (tokens < 1 || depth < 0 || batch < 1) {
            throw new IllegalArgumentException(
                    "lengths and rows must be positive, depths not negative; tokens=%d, depth=%d, batch=%d"
                            .formatted(tokens, depth, batch));
        }
    }

    /** Returns what llama-bench calls it: {@code pp512}, {@code tg64 @ d4096}. */
    public String name() {
        return kind.prefix + tokens + (depth == 0 ? "" : " @ d" + depth);
    }
}
