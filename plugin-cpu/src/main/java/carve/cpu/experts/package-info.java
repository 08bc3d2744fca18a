/**
 * Mixtures of experts: the choice of experts of each row, and linear layers of the chosen experts.
 *
 * <p>{@link carve.cpu.experts.GroupedLinearKernel} sorts rows by expert and multiplies those of each with its weights by the products
 * of {@code carve.cpu.gemm}, so a storage type or a kernel that is added there serves experts, too.
 */
package carve.cpu.experts;
