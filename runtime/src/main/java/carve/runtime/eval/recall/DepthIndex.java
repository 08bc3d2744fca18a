package carve.runtime.eval.recall;

/** The place of an answer among equal lines. */
final class DepthIndex {
    private DepthIndex() {}

    /** Returns an index below {@code size}. */
    static int of(Depth depth, int size, RecallRandom random) {
        return switch (depth) {
            case Depth.Random _ -> random.below(size);
            case Depth.At(double fraction) -> (int) Math.round(fraction * (size - 1));
        };
    }
}
