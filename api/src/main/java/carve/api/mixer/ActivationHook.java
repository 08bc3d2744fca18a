package carve.api.mixer;

import carve.api.tensor.Tensor;

/**
 * Receives named inner values of a forward pass, which losses and traces look at.
 *
 * <p>Every mixer publishes {@link #HEADS}, and one that can publishes {@link #MATRIX}. A value is made only if it is wanted, and published as it is, watched or not.
 */
public interface ActivationHook {
    /** The output of each head before the output projection, {@code (B, T, H, P)}. */
    String HEADS = "heads";

    /**
     * The transfer matrix of each head, {@code (B, H, T, T)}: element {@code [b, h, t, s]} is the factor of the value of position s
     * in the sum that head h has at position t, before a skip connection, gate and norm where there are any. Of attention it is
     * the weights after the softmax; of Mamba-2 {@code L o (C B^T)} with decay and dt (MOHAWK, arXiv:2408.10189, section 3). Sequences
     * of one row have zeros for each other; rows of padding mean nothing. It is published by mixers that are such sums.
     */
    String MATRIX = "matrix";

    /**
     * The output of a layer's mixer after the output projection, before the residual addition, {@code (B, T, D)}. Every layer
     * publishes it for whatever mixer it has; a mixer need not.
     */
    String MIXER = "mixer";

    /** A probe that wants nothing. */
    ActivationHook NONE = new ActivationHook() {
        @Override
        public boolean wants(String name) {
            return false;
        }

        @Override
        public void publish(String name, Tensor value) {
            // not wanted
        }
    };

    /** Returns whether a value of this name is to be published. */
    boolean wants(String name);

    /** Receives a value. */
    void publish(String name, Tensor value);
}
