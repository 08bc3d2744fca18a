package carve.cpu.scan;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.cpu.gemm.MicroKernel;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.LaneReduction;
import carve.cpu.thread.ThreadPool;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * The scan with scalar decay by chunks of positions: matrix products within a chunk, a state from chunk to chunk (Dao
 * and Gu 2024, arXiv:2405.21060, section 6).
 *
 * <p>With c the cumulative sum of g within the chunk and k' = w k: {@code y[i] = sum over j <= i of exp(c[i] - c[j])
 * (q[i] k'[j]) v[j] + exp(c[i]) S q[i]}, and the next state is {@code exp(c[last]) S + sum exp(c[last] - c[j]) v[j]
 * k'[j]^T}. Few positions go step by step, in {@link RecurrentScan}.
 */
final class ChunkedScan {
    /** The most positions of a chunk. */
    static final int MAX_CHUNK = 64;

    private static final int NARROW = 64;

    /** The most positions that go step by step. */
    static final int MAX_RECURRENT_POSITIONS = 4;

    private static final long SMALL = 64 * 1024;
    private static final int TASKS = 3;

    private final ThreadPool threadPool;

    ChunkedScan(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    /**
     * The heads of a scan.
     *
     * @param heads H
     * @param queryGroups heads of q
     * @param keyGroups heads of k
     * @param valueGroups heads of v
     * @param state N
     * @param width P
     */
    record Heads(int heads, int queryGroups, int keyGroups, int valueGroups, int state, int width) {
        int query(int head) {
            return head / (heads / queryGroups);
        }

        int key(int head) {
            return head / (heads / keyGroups);
        }

        int value(int head) {
            return head / (heads / valueGroups);
        }

        /** Returns the positions of a chunk. */
        int chunk() {
            return ChunkedScan.chunkLength(state, width);
        }

        /** Returns how many heads at most share queries or keys. */
        private int sharing() {
            return heads / Math.min(queryGroups, keyGroups);
        }
    }

    /**
     * Returns the positions of a chunk for states of this many rows and columns.
     *
     * <p>For each position and head, products within a chunk cost C (N + P) / 2 operations and those with states 2 N P,
     * so that C may grow with the states; what states cost once for each chunk, to be read and written, shrinks with it.
     * The rows of a left operand hold a chunk beside a state. The length depends on nothing else: the same positions in
     * the same pieces give the same bits on any number of threads and beside any other rows.
     */
    static int chunkLength(int state, int width) {
        int wide = Math.max(state, width);
        return Math.min(wide <= NARROW ? MAX_CHUNK / 2 : MAX_CHUNK, (MicroKernel.LEFT_STRIDE - wide) / LANES * LANES);
    }

    /**
     * One sequence.
     *
     * @param index the number of its state
     * @param row the row (of B T) of its first position
     * @param length its positions
     */
    record SequenceSpan(int index, long row, int length) {}

    /** The addresses of the operands and the results, in their order. */
    record Operands(long q, long k, long v, long g, long w, long state, long y, long next) {
        long query(Heads h, long row, int head) {
            return q + 4 * (row * h.queryGroups + h.query(head)) * h.state;
        }

        long key(Heads h, long row, int head) {
            return k + 4 * (row * h.keyGroups + h.key(head)) * h.state;
        }

        long value(Heads h, long row, int head) {
            return v + 4 * (row * h.valueGroups + h.value(head)) * h.width;
        }

        long result(Heads h, long row, int head) {
            return y + 4 * (row * h.heads + head) * h.width;
        }

        /** Returns how far the state of a sequence and head is from the first. */
        static long stateOffset(Heads h, int sequence, int head) {
            return 4L * (sequence * h.heads + head) * h.state * h.width;
        }
    }

    /** Writes results and next states. */
    void forward(Heads h, List<SequenceSpan> spans, Operands data) {
        long work = (long) h.heads
                * h.state
                * h.width
                * spans.stream().mapToInt(SequenceSpan::length).sum();
        int each = perTask(h, spans.size());
        int blocks = (h.heads + each - 1) / each;
        threadPool.parallelFor(work <= SMALL, spans.size() * blocks, (task, scratchpad) -> {
            SequenceSpan sequenceSpan = spans.get(task / blocks);
            int head = task % blocks * each;
            int count = Math.min(each, h.heads - head);
            if (sequenceSpan.length <= MAX_RECURRENT_POSITIONS) {
                for (int i = 0; i < count; i++) {
                    try (var _ = scratchpad.frame()) {
                        RecurrentScan.run(h, sequenceSpan, data, head + i, scratchpad);
                    }
                }
            } else {
                new ChunkedScanForward(h, sequenceSpan, data, head, count, scratchpad).run();
            }
        });
    }

    /** Returns how many heads a task takes: as many as share operands, but enough tasks for all workers. */
    private int perTask(Heads h, int spans) {
        int each = h.sharing();
        while (each > 1 && spans * ((h.heads + each - 1) / each) < TASKS * threadPool.threads()) {
            each = (each + 1) / 2;
        }
        return each;
    }

    /** Writes elements of a row times a factor; writes up to whole vectors. */
    static void scaled(float[] x, int at, float factor, float[] to, int start, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector.fromArray(F, x, at + i).mul(factor).intoArray(to, start + i);
        }
    }

    /**
     * Replaces rows of panels by kept times themselves plus the transpose of a block times other panels.
     *
     * @param rows the rows, which are the columns of the block
     * @param panels the other panels, with {@code depth} rows of the first from {@code first} on, {@code deep} in all
     * @param columns of both panels
     * @param start where the rows begin in the first panel
     * @param rowStride all rows of a panel
     * @param tile an array to work in, of {@code MicroKernel.MR * MicroKernel.NR}
     */
    static void updateState(
            float[] block,
            int rows,
            float[] panels,
            int first,
            int depth,
            int deep,
            int columns,
            float kept,
            float[] to,
            int start,
            int rowStride,
            float[] tile) {
        for (int n = 0; n < columns; n += MicroKernel.NR) {
            int panel = first + n * deep;
            int target = start + n * rowStride;
            for (int r = 0; r < rows; ) {
                int taken = rows - r > 8 ? MicroKernel.MR : 4;
                MicroKernel.run(taken, block, r, true, panels, panel, depth, tile, 0, MicroKernel.NR);
                addTo(tile, kept, to, target + r * MicroKernel.NR, Math.min(taken, rows - r) * MicroKernel.NR);
                r += taken;
            }
        }
    }

    private static void addTo(float[] tile, float kept, float[] to, int at, int n) {
        FloatVector factor = FloatVector.broadcast(F, kept);
        for (int i = 0; i < n; i += LANES) {
            FloatVector.fromArray(F, to, at + i)
                    .fma(factor, FloatVector.fromArray(F, tile, i))
                    .intoArray(to, at + i);
        }
    }

    /** Multiplies rows of a block with {@code depth} of the {@code deep} rows of panels. */
    static void multiply(
            float[] a,
            int ao,
            float[] panels,
            int first,
            int depth,
            int deep,
            int rows,
            int columns,
            float[] c,
            int co,
            int rowStride) {
        for (int r = 0; r < rows; ) {
            int taken = rows - r > 8 ? MicroKernel.MR : 4;
            for (int n = 0, panel = first; n < columns; n += MicroKernel.NR, panel += deep * MicroKernel.NR) {
                int to = co + r * rowStride + n;
                MicroKernel.run(
                        taken, a, ao + r * MicroKernel.LEFT_STRIDE, false, panels, panel, depth, c, to, rowStride);
            }
            r += taken;
        }
    }

    /** Returns the sum of the products of elements. */
    static float dot(float[] a, int aAt, float[] b, int bAt, int n) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sum = FloatVector.fromArray(F, a, aAt + i).fma(FloatVector.fromArray(F, b, bAt + i), sum);
        }
        float rest = 0;
        for (; i < n; i++) {
            rest += a[aAt + i] * b[bAt + i];
        }
        return rest + LaneReduction.sum(sum);
    }

    /** Returns whether anything in a state is not 0. */
    static boolean isNonZero(long state, int size) {
        int whole = F.loopBound(size);
        for (int i = 0; i < whole; i += LANES) {
            if (!NativeMemory.loadInts(state + 4L * i).eq(0).allTrue()) {
                return true;
            }
        }
        for (int i = whole; i < size; i++) {
            if (NativeMemory.get(state + 4L * i) != 0) {
                return true;
            }
        }
        return false;
    }
}
