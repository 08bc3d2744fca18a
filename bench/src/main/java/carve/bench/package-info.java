/**
 * Side-by-side measurements of devices and models, run by hand.
 *
 * <p>{@link carve.bench.Main} sets a device against the machine: it measures how many products the cores multiply
 * and add and how many bytes they read in a second, then ops and training steps, and prints which part of those limits each
 * reached. Ops go through {@code carve.api}, so that what is measured is what users get. Before an op's speed is told, its
 * results are compared with the reference device or a scalar twin; where they differ the table says so in place of a speed.
 *
 * <p>To measure another op, give {@link carve.bench.Benchmarks} another case:
 *
 * <pre>{@code
 * new SequenceCase("decay-scan", "B 1, T 2048, ...", operands, t -> new DecayScan(Sequences.whole(1, t)), 2048,
 *         new Work(flops, 0), new Work(flopsBackward, 0))
 * }</pre>
 */
package carve.bench;
