/**
 * Libraries of matrix products: oneDNN, called through the foreign function API, and ND4J's OpenBLAS.
 *
 * <p>Each is loaded by the first product that is large enough for it, see {@link carve.cpu.blas.LazyBlas}; which products those are, the
 * table of {@code carve.cpu.gemm} says. oneDNN computes blocks on the device's own threads, one thread each. To add a library, implement
 * {@link carve.cpu.blas.Blas}, add a factory to {@code LazyBlas} and a strategy to the table.
 */
package carve.cpu.blas;
