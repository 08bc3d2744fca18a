package carve.cpu;

/** Elements or rows of a tensor, divided among workers where there are many. */
final class Rowwise {
    /** The elements of a task. */
    static final int GRAIN = 16 * 1024;

    private final Workers workers;

    Rowwise(Workers workers) {
        this.workers = workers;
    }

    /** Runs ranges of elements. */
    void chunks(long size, Chunk chunk) {
        int tasks = (int) Math.max(1, Math.min(1 << 16, (size + GRAIN - 1) / GRAIN));
        long length = ((size + tasks - 1) / tasks + Memory.LANES - 1) / Memory.LANES * Memory.LANES;
        workers.run(tasks, (task, scratch) -> {
            long from = task * length;
            long to = Math.min(size, from + length);
            if (from < to) {
                chunk.run(from, (int) (to - from));
            }
        });
    }

    /** What is done with a range of elements. */
    @FunctionalInterface
    interface Chunk {
        void run(long from, int count);
    }

    /** What is done with a row. */
    @FunctionalInterface
    interface RowWork {
        void run(long row);
    }

    /** Runs rows of a width. */
    void run(long rows, int width, RowWork work) {
        int tasks = (int) Math.max(1, Math.min(rows, Math.min(1024, rows * Math.max(1, width) / GRAIN)));
        long size = (rows + tasks - 1) / tasks;
        workers.run(tasks, (task, scratch) -> {
            for (long row = task * size; row < Math.min(rows, (task + 1) * size); row++) {
                work.run(row);
            }
        });
    }
}
