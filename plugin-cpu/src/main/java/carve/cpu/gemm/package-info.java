/**
 * Matrix products in F32, for dense operands and for weights in F32, BF16, F16 and quantised types.
 *
 * <p>{@link carve.cpu.gemm.Gemm} gives each {@link carve.cpu.gemm.GemmProblem} to the first strategy of one table that accepts it,
 * {@link carve.cpu.gemm.GemmStrategies}, which {@code carve devices --verbose} prints. Three families of kernels are built in: packed
 * blocks and register tiles as in BLIS ({@code PackedGemm}, {@link carve.cpu.gemm.MicroKernel}); dot products of few rows, which
 * read each weight once ({@code Gemv}, {@code DotGemm}); and the same as machine code ({@code JitSkinnyGemm}), in fixed point for
 * quantised weights where the processor multiplies bytes ({@code FixedPointGemmGenerator}). Libraries come from
 * {@code carve.cpu.blas}.
 *
 * <p>To add a kernel, implement {@link carve.cpu.gemm.GemmKernel} and add a row to the table:
 *
 * <pre>{@code
 * GemmStrategy.builtin(
 *         "tall-gemm", "M >= 65536, N <= 16", "one column per vector, Vector API",
 *         p -> p.m() >= 65_536 && p.n() <= 16, new TallGemm(threadPool));
 * }</pre>
 */
package carve.cpu.gemm;
