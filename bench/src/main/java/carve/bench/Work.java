package carve.bench;

/**
 * The least operations and bytes that a task needs.
 *
 * @param flops multiplications and additions, a fused one counted twice
 * @param bytes that come from memory because they do not stay in caches from one call to the next; 0 where they do
 */
record Work(double flops, double bytes) {
    /** Returns the time below which the machine cannot do it, in seconds. */
    double minSeconds(Roofline roofline) {
        return Math.max(flops / roofline.flops(), bytes / roofline.bandwidth());
    }

    /** Returns which of the two limits that time comes from. */
    String boundBy(Roofline roofline) {
        return flops / roofline.flops() >= bytes / roofline.bandwidth() ? "FMA" : "memory";
    }
}
