/**
 * Three mixers of Mamba-2 over the same scan: {@code mamba2}, the form that mmMamba distils attention into, {@code
 * mamba-in-llama}, the one of The Mamba in the Llama and of MaTVLM, and {@code plain-mamba2}, the one of Mamba-2's own language
 * models.
 *
 * <p>They differ in the order of norm and gate, in the skip connection D, in the width of the convolution and in what their
 * checkpoints look like.
 *
 * <pre>{@code
 * mixers {
 *   mamba2  { type = mamba2, init = mimic }
 *   matvlm  { type = mamba-in-llama, init = kqvo-identity }
 * }
 * layers = [keep, mamba2 x3, matvlm]
 * }</pre>
 */
package carve.mamba2;
