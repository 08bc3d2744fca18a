/**
 * The device that every machine has: its processor, through the Vector API.
 *
 * <p>{@link carve.cpu.CpuDevice} keeps values in native memory that it gets from the system and reuses. Primitives and
 * kernels work on absolute addresses: sizes are checked where tensors are made, not in loops. All heavy work is cut into
 * numbered tasks that a few threads share; how it is cut may depend on the threads, what an element is computed from
 * does not, so the same bits come out each time.
 *
 * <p>To add a kernel for a fused op, write its loops in a class of their own, wrap them in a
 * {@link carve.api.device.Kernel} that allocates results, and add the op to the choice in {@code Kernels}. It is done
 * when it agrees with the op's definition, forward and backward, in {@code KernelsTest}.
 *
 * <pre>{@code
 * try (Device cpu = new CpuDevice(CpuConfig.standard())) {
 *     Tensor x = Tensors.of(cpu, Shape.of(2), 1f, 2f);
 *     float[] y = x.multiply(x).floats();
 * }
 * }</pre>
 */
package carve.cpu;
