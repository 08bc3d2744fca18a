/**
 * The mixers {@code attention}, softmax attention as decoder-only Transformers have it, and {@code latent-attention}, that of
 * DeepSeek. A plan says {@code layers = [attention]}; shapes come from the model, and so do settings that differ between
 * models: window, soft cap, scale, norms of queries and keys, sinks. The setting {@code cache} says in which type the KV cache is
 * stored: {@code f32}, {@code bf16} or {@code q8_0}.
 */
package carve.attention;
