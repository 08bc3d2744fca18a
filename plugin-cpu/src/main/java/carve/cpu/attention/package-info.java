/**
 * Softmax attention: {@code FlashAttention} computes it tile by tile, forward and backward, and {@code FlashDecoding} for few queries
 * over a long KV cache, split over keys.
 *
 * <p>{@link carve.cpu.attention.AttentionKernel} chooses between them by the number of queries. To support another storage type of
 * the KV cache, teach {@code DequantisedRows} to convert its rows to F32; both forms read keys and values through it.
 */
package carve.cpu.attention;
