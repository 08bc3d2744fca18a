/**
 * The primitives of the op set on F32 and I32 operands: elementwise with broadcasting, reductions, data movement.
 *
 * <p>{@code StridedLoop} merges axes and runs an innermost loop as long as possible; a new primitive needs a case in
 * {@link carve.cpu.primitive.Primitives} and, where it is elementwise, a loop in {@link carve.cpu.simd.Elementwise}.
 */
package carve.cpu.primitive;
