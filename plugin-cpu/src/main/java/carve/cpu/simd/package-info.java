/**
 * Building blocks of the Vector API: elementwise functions, exponentials and logarithms, sums over lanes, transposes, casts, and
 * the features of the processor.
 *
 * <p>Loops work on addresses ({@code carve.cpu.memory}) or heap arrays and know nothing of tensors. A function must give the same bits for
 * whole vectors and for the rest of a row, which is what the tests of a new one compare.
 */
package carve.cpu.simd;
