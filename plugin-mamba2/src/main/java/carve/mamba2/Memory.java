package carve.mamba2;

import carve.api.tensor.Tensor;

/**
 * What goes from one position to the next.
 *
 * @param convV (S, G P, W-1), the last inputs of the convolution's channels of v, oldest first
 * @param convK (S, G N, W-1), those of k
 * @param convQ (S, H N, W-1), those of q
 * @param scan (S, H, P, N), the state of each head
 */
record Memory(Tensor convV, Tensor convK, Tensor convQ, Tensor scan) {}
