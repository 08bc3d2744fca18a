/**
 * The device {@code cpu}: the processor, through the Vector API and machine code made at run time.
 *
 * <p>{@link carve.cpu.CpuDevice} keeps values in native memory that it gets from the system and reuses. Primitives and
 * kernels work on absolute addresses: sizes are checked where tensors are made, not in loops. All heavy work is cut into
 * numbered tasks that a few threads share; how it is cut may depend on the threads, what an element is computed from
 * does not, so the same bits come out each time.
 *
 * <p>Below this package, in layers without cycles: {@code config}; {@code memory}; {@code thread}; {@code simd} and {@code jit};
 * {@code blas} and {@code gemm}, where one table chooses the implementation of every matrix product; {@code primitive} and {@code kernel};
 * and the kernels by subject, {@code attention}, {@code conv}, {@code loss}, {@code norm}, {@code scan}. {@code PackageCyclesTest} keeps it so.
 *
 * <p>To add a kernel for a fused op, write its loops in a class of their own, wrap them in a
 * {@link carve.api.device.Kernel} that allocates results, and add the op to {@code CpuKernels}. It is done
 * when it agrees with the op's reference, forward and backward, in {@code FusedKernelsTest}.
 *
 * <pre>{@code
 * try (Device cpu = new CpuDevice(CpuConfig.standard())) {
 *     Tensor x = Tensors.of(cpu, Shape.of(2), 1f, 2f);
 *     float[] y = x.multiply(x).floats();
 * }
 * }</pre>
 */
package carve.cpu;
