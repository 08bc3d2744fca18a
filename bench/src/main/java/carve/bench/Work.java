package carve.bench;

/**
 * What must be done at the least, however it is done.
 *
 * @param flops multiplications and additions, a fused one counted twice
 * @param bytes that come from memory because they do not stay in caches from one call to the next; 0 where they do
 */
record Work(double flops, double bytes) {
    /** Returns the time below which the machine cannot do it, in seconds. */
    double seconds(Limits limits) {
        return Math.max(flops / limits.flops(), bytes / limits.bandwidth());
    }

    /** Returns which of the two limits that time comes from. */
    String bound(Limits limits) {
        return flops / limits.flops() >= bytes / limits.bandwidth() ? "FMA" : "memory";
    }
}
