package carve.cuda;

/**
 * What a driver says of its card.
 *
 * @param name the model
 * @param architecture what compilers call it, such as {@code sm_90}
 * @param memory bytes of memory
 * @param processors multiprocessors
 */
record Card(String name, String architecture, long memory, int processors) {
    private static final int AMPERE = 80;
    private static final long ENOUGH = 4L << 30;

    /** Returns its compute capability as a number: 90 for {@code sm_90}. */
    int capability() {
        return Integer.parseInt(architecture.replaceAll("[^0-9]", ""));
    }

    /** Returns whether it is a card of the kinds that this plugin's kernels are made for. */
    boolean isCurrent() {
        return capability() >= AMPERE;
    }

    /** Returns whether models of some size have room beside what computing with them takes. */
    boolean isRoomy() {
        return memory >= ENOUGH;
    }

    @Override
    public String toString() {
        return "%s (%s, %s)".formatted(name, architecture, MemoryPool.text(memory));
    }
}
