/**
 * The mixer {@code attention}: softmax attention as decoder-only Transformers have it. A plan says {@code layers =
 * [attention]}; shapes come from the model. The one setting, {@code cache}, says in which type the
 * KV cache is stored: {@code f32}, {@code bf16} or {@code q8_0}.
 */
package carve.attention;
