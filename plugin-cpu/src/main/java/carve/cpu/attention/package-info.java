/**
 * Softmax attention: forward and backward in blocks (FlashAttention), and decoding over a long KV cache (split
 * over keys).
 */
package carve.cpu.attention;
