/** Launchers of the kernels of primitives and fused ops. */
package carve.cuda.kernels;
