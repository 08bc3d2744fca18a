/**
 * Kernels of losses over large vocabularies, cross-entropy and KL divergence, forward and backward, a row at a time in scratch memory, so
 * that no tensor of probabilities is stored.
 *
 * <p>A new loss over logits can build on {@code SoftmaxLoops}: the maximum, the sum of exponentials and the gradient of a row.
 */
package carve.cpu.loss;
