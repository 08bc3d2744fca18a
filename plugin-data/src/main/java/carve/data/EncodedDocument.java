package carve.data;

/**
 * A document as tokens.
 *
 * @param tokens T token ids; not copied
 * @param weights how much each counts in losses, 0 for those that are not trained; empty if each counts 1; not copied
 */
record EncodedDocument(int[] tokens, float[] weights) {
    /** Checks that there are as many weights as tokens, or none. */
    EncodedDocument {
        if (weights.length > 0 && weights.length != tokens.length) {
            throw new IllegalArgumentException("%d tokens, but %d weights".formatted(tokens.length, weights.length));
        }
    }
}
