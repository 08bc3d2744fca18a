/** The context that kernels of fused ops run in, and the kernels that have no package of their own. */
package carve.cpu.kernel;
