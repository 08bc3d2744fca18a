/** Losses over the vocabulary, forward and backward. */
package carve.cpu.loss;
