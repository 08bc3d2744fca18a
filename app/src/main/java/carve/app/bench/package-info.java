/**
 * Measures models as llama-bench does: prompts and answers of several lengths, at several depths, with several numbers of
 * threads and rows.
 *
 * <p>A {@link carve.app.bench.BenchModel} passes its {@link carve.app.bench.CorrectnessGate} first: what is fast and wrong is not
 * reported. {@link carve.app.bench.Workload}s are what is measured, {@link carve.app.bench.Measurement}s what was found, and
 * {@link carve.app.bench.BenchReport} writes them as Markdown, JSON lines and pictures.
 */
package carve.app.bench;
