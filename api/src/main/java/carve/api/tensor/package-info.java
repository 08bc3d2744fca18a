/**
 * Tensors, the operations on them, and their gradients.
 *
 * <p>A {@link carve.api.tensor.Tensor} is immutable and lives on a {@link carve.api.device.Device}. An {@link
 * carve.api.tensor.Op} is one of about twenty primitives, a record in a sealed type; a {@link
 * carve.api.tensor.FusedOp} is a name with a definition in primitives, for which a device may have a kernel. A {@link
 * carve.api.tensor.Tape} records what happens to the tensors it watches and gives gradients; a {@link
 * carve.api.tensor.Scope} releases the memory of what was born in it.
 *
 * <pre>{@code
 * try (Device device = new ReferenceDevice()) {
 *     Tensor x = Tensors.of(device, Shape.of(2), 3f, 4f);
 *     Tape tape = new Tape();
 *     Tensor watched = tape.watch(x);
 *     tape.gradients(watched.multiply(watched).sum(), List.of(watched)).getFirst().floats(); // 6, 8
 * }
 * }</pre>
 *
 * <p>To add an operation, write a record that implements {@code FusedOp}: it works, and trains, on every device.
 */
package carve.api.tensor;
