/**
 * The threads that share the work of a kernel, and the scratch memory of each.
 *
 * <p>A kernel divides its work into numbered, independent tasks. Every task runs in a frame of its thread's scratch memory, so that
 * what it asks for is released when it ends:
 *
 * <pre>{@code
 * threadPool.parallelFor(rows, (row, scratchpad) -> {
 *     float[] sums = scratchpad.floats(columns);
 *     ...
 * });
 * }</pre>
 */
package carve.cpu.thread;
