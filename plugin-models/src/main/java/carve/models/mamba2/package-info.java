/**
 * The model family {@code mamba2}: language models of Mamba-2 alone, as its authors trained them, in the layouts of the
 * Transformers library and of state-spaces/mamba.
 *
 * <pre>{@code
 * carve inspect models/mamba2-130m
 * carve generate models/mamba2-130m --prompt "Once upon a time"
 * }</pre>
 */
package carve.models.mamba2;
