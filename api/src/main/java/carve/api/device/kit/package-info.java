/**
 * Parts that devices are built of, so that the author of a new device writes what is particular to it and nothing else.
 *
 * <p>{@link carve.api.device.kit.PrimitiveExecutor} allocates results, moves quantised rows as bytes and does arithmetic on
 * BF16 and F16 in F32, over a backend that computes in F32 and I32 alone. {@link carve.api.device.kit.KernelSelector} finds
 * kernels: the device's own, from a {@link carve.api.device.KernelProvider} as a plugin's, then those of plugins; a kernel
 * for F32 serves weights that are stored in fewer bits, too. {@link carve.api.device.kit.StorageTypes} says which types a
 * device stores and refuses the others. A device over another one extends {@link carve.api.device.kit.ForwardingDevice}.
 *
 * <pre>{@code
 * private final PrimitiveExecutor primitives = new PrimitiveExecutor(this, new MyPrimitives());
 * private final KernelSelector kernels = new KernelSelector(target, List.of(new MyKernels()), plugins);
 *
 * public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
 *     return primitives.execute(op, operands, result);
 * }
 * public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
 *     return kernels.select(op, operands);
 * }
 * }</pre>
 */
package carve.api.device.kit;
