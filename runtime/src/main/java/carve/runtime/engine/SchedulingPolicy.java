package carve.runtime.engine;

/**
 * The order in which a {@link BatchScheduler} does its work.
 *
 * @param prefillBatch the most prompts that are processed in one pass
 * @param interactive whether others wait for their next token meanwhile: then a step processes one chunk of one prompt at most,
 *     prefixes are prepared when there is nothing else to do, and failures are logged; if not, a step processes all prompts
 */
record SchedulingPolicy(int prefillBatch, boolean interactive) {
    /** A server's: everybody gets tokens at a steady rate. */
    static final SchedulingPolicy INTERACTIVE = new SchedulingPolicy(1, true);
    /** A program's that wants all answers soon. */
    static final SchedulingPolicy THROUGHPUT = new SchedulingPolicy(32, false);
}
