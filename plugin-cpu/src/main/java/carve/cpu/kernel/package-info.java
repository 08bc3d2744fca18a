/**
 * The context that kernels of fused ops share, {@link carve.cpu.kernel.KernelContext}, and the small kernels that need no package of their own:
 * linear layers, RoPE, SwiGLU and AdamW.
 *
 * <p>A kernel allocates its results through the context, takes addresses with {@code addressOf}, and divides its work into tasks of
 * {@code context.threads()}. Larger kernels with loops of their own have packages by subject; this one must not depend on them.
 */
package carve.cpu.kernel;
