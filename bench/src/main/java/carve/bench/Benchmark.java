package carve.bench;

import java.util.List;

/** A benchmark. */
interface Benchmark {
    /** Returns what people call it. */
    String name();

    /** Returns its rows of the table: results are checked first, and timed only if they are right. */
    List<BenchmarkResult> measure(BenchmarkContext benchmarkContext);
}
