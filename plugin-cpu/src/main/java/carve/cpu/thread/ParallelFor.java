package carve.cpu.thread;

import carve.cpu.memory.NativeMemory;

/** Loops over elements or rows of a tensor, divided among threads where there are many. */
public final class ParallelFor {
    /** The elements of a task. */
    public static final int GRAIN_SIZE = 16 * 1024;

    private final ThreadPool threadPool;

    /** Makes the loops of a pool. */
    public ParallelFor(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    /** Runs ranges of elements. */
    public void overRanges(long size, RangeBody rangeBody) {
        int tasks = (int) Math.max(1, Math.min(1 << 16, (size + GRAIN_SIZE - 1) / GRAIN_SIZE));
        long length = ((size + tasks - 1) / tasks + NativeMemory.LANES - 1) / NativeMemory.LANES * NativeMemory.LANES;
        threadPool.parallelFor(tasks, (task, scratchpad) -> {
            long from = task * length;
            long to = Math.min(size, from + length);
            if (from < to) {
                rangeBody.run(from, (int) (to - from));
            }
        });
    }

    /** The body of a loop over ranges of elements. */
    @FunctionalInterface
    public interface RangeBody {
        /** Runs {@code count} elements from {@code from} on. */
        void run(long from, int count);
    }

    /** The body of a loop over rows. */
    @FunctionalInterface
    public interface RowBody {
        /** Runs a row. */
        void run(long row);
    }

    /** Runs rows of a width. */
    public void overRows(long rows, int width, RowBody work) {
        int tasks = (int) Math.max(1, Math.min(rows, Math.min(1024, rows * Math.max(1, width) / GRAIN_SIZE)));
        long size = (rows + tasks - 1) / tasks;
        threadPool.parallelFor(tasks, (task, scratchpad) -> {
            for (long row = task * size; row < Math.min(rows, (task + 1) * size); row++) {
                work.run(row);
            }
        });
    }
}
