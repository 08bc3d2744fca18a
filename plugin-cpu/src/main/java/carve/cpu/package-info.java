/**
 * The device {@code cpu}: the processor, through the Vector API and machine code made at run time.
 *
 * <p>{@link carve.cpu.CpuDevice} keeps values in native memory that it gets from the system and reuses. Primitives and
 * kernels work on absolute addresses: sizes are checked where tensors are made, not in loops. All heavy work is cut into
 * numbered tasks that a few threads share; how it is cut may depend on the threads, what an element is computed from
 * does not, so the same bits come out each time.
 *
 * <p>Who multiplies matrices, and on which numbers, is chosen by extents and by what is there, never by timing:
 *
 * <ul>
 *   <li>Up to {@code exact-rows} rows with weights of any storage type: F32, where the bits of a row do not depend on the rows beside
 *       it; machine code of {@code carve.cpu.jit} where the processor has AVX-512, else vectors.
 *   <li>More rows with weights in BF16, Q8_0 or Q4_0: oneDNN in BF16, where the processor has instructions for it; they do twice
 *       what those for F32 do, and the Vector API cannot name them. Other weights go to machine code again.
 *   <li>Other large products of F32, as of gradients: oneDNN, where it is there, else ND4J; smaller ones are our own.
 * </ul>
 *
 * <p>Libraries of others are opened by the first product that is large enough, and the log says once which serve and why others
 * do not. oneDNN computes blocks on our own workers, one thread each, so that nobody competes for processors.
 *
 * <p>To add a kernel for a fused op, write its loops in a class of their own, wrap them in a
 * {@link carve.api.device.Kernel} that allocates results, and add the op to {@code CpuKernels}. It is done
 * when it agrees with the op's definition, forward and backward, in {@code FusedKernelsTest}.
 *
 * <pre>{@code
 * try (Device cpu = new CpuDevice(CpuConfig.standard())) {
 *     Tensor x = Tensors.of(cpu, Shape.of(2), 1f, 2f);
 *     float[] y = x.multiply(x).floats();
 * }
 * }</pre>
 */
package carve.cpu;
