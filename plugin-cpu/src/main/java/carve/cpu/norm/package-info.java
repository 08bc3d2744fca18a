/**
 * RMS norm, gated RMS norm and layer norm, forward and backward.
 *
 * <p>Kernels ({@link carve.cpu.norm.RmsNormKernel}, {@link carve.cpu.norm.LayerNormKernel}) allocate and check; loops compute rows of an extent
 * given by {@link carve.cpu.norm.RmsNormLoops.NormShape}. Gradients of weights are partial sums for each task, added in the order of tasks, so
 * their bits do not depend on the number of threads; a new norm should do the same.
 */
package carve.cpu.norm;
