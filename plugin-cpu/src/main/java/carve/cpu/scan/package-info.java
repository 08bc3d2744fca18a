/**
 * The decay scan of Mamba-2 and other linear attention: recurrent for few positions, chunked for sequences (Dao and Gu 2024,
 * arXiv:2405.21060), forward and backward; and one decoding step fused with its convolution and norm.
 *
 * <p>{@link carve.cpu.scan.DecayScanKernel} chooses the form by the number of positions. Chunk length depends on the extents of the state
 * alone, so the bits do not depend on the number of threads or on other rows. To tune it, see {@code ChunkedScan.chunkLength}.
 */
package carve.cpu.scan;
