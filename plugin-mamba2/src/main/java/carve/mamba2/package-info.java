/**
 * The mixer {@code mamba2}: Mamba-2 in the form that mmMamba distils attention into.
 *
 * <pre>{@code
 * mixers { mamba2 { type = mamba2, seed = mimic } }
 * layers = [keep, mamba2 x3]
 * }</pre>
 */
package carve.mamba2;
