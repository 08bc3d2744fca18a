package carve.cpu.primitive;

import carve.api.tensor.Shape;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;

/**
 * Loops over the elements of a shape with one offset per operand, axes merged where all operands allow it, so that the
 * innermost loop is as long as possible.
 */
final class StridedLoop {
    private final int inner;
    private final long[] steps;
    private final int[] outer;
    private final long[][] strides;
    private final long rows;

    /** The body of one innermost loop. */
    @FunctionalInterface
    interface InnerBody {
        /** Runs the loop that begins at these offsets, in elements, one for each operand. */
        void run(long[] offsets, Scratchpad scratchpad);
    }

    private StridedLoop(int inner, long[] steps, int[] outer, long[][] strides) {
        this.inner = inner;
        this.steps = steps;
        this.outer = outer;
        this.strides = strides;
        long count = 1;
        for (int extent : outer) {
            count *= extent;
        }
        this.rows = inner == 0 ? 0 : count;
    }

    /**
     * Returns the loops over a shape.
     *
     * @param strides for each operand its strides in elements, 0 along axes where it is repeated
     */
    static StridedLoop of(Shape shape, long[]... strides) {
        int[] extents = new int[shape.rank()];
        long[][] merged = new long[strides.length][shape.rank()];
        int axes = 0;
        for (int axis = 0; axis < extents.length; axis++) {
            int extent = shape.extent(axis);
            if (extent == 1) {
                continue;
            }
            if (axes > 0 && isContiguous(strides, merged, axes - 1, axis, extent)) {
                extents[axes - 1] *= extent;
                axes--;
            } else {
                extents[axes] = extent;
            }
            for (int i = 0; i < strides.length; i++) {
                merged[i][axes] = strides[i][axis];
            }
            axes++;
        }
        return cut(extents, merged, axes);
    }

    private static boolean isContiguous(long[][] strides, long[][] merged, int last, int axis, int extent) {
        for (int i = 0; i < strides.length; i++) {
            if (merged[i][last] != strides[i][axis] * extent) {
                return false;
            }
        }
        return true;
    }

    private static StridedLoop cut(int[] extents, long[][] merged, int axes) {
        int outerAxes = Math.max(0, axes - 1);
        long[] steps = new long[merged.length];
        long[][] outer = new long[merged.length][];
        for (int i = 0; i < merged.length; i++) {
            steps[i] = axes == 0 ? 0 : merged[i][axes - 1];
            outer[i] = java.util.Arrays.copyOf(merged[i], outerAxes);
        }
        return new StridedLoop(
                axes == 0 ? 1 : extents[axes - 1], steps, java.util.Arrays.copyOf(extents, outerAxes), outer);
    }

    /** Returns the length of the innermost loop. */
    int innerLength() {
        return inner;
    }

    /** Returns the step of an operand in the innermost loop, in elements. */
    long innerStride(int operand) {
        return steps[operand];
    }

    /** Returns the number of innermost loops. */
    long outerCount() {
        return rows;
    }

    /** Runs the innermost loops {@code from <= row < to}. */
    void forEach(long from, long to, Scratchpad scratchpad, InnerBody innerBody) {
        if (from >= to) {
            return;
        }
        int axes = outer.length;
        int[] at = new int[axes];
        long[] offsets = new long[strides.length];
        long rest = from;
        for (int axis = axes - 1; axis >= 0; axis--) {
            at[axis] = (int) (rest % outer[axis]);
            rest /= outer[axis];
            for (int i = 0; i < offsets.length; i++) {
                offsets[i] += at[axis] * strides[i][axis];
            }
        }
        for (long r = from; r < to; r++) {
            innerBody.run(offsets, scratchpad);
            for (int axis = axes - 1; axis >= 0; axis--) {
                boolean carry = ++at[axis] == outer[axis];
                for (int i = 0; i < offsets.length; i++) {
                    offsets[i] += carry ? -strides[i][axis] * (outer[axis] - 1L) : strides[i][axis];
                }
                if (!carry) {
                    break;
                }
                at[axis] = 0;
            }
        }
    }

    /** Runs all innermost loops, divided among workers where there is much to do. */
    void forEach(ThreadPool threadPool, int grain, InnerBody innerBody) {
        long perTask = Math.max(1, grain / Math.max(1, inner));
        int tasks = (int) Math.min(1024, (rows + perTask - 1) / perTask);
        long size = tasks == 0 ? 0 : (rows + tasks - 1) / tasks;
        threadPool.parallelFor(
                tasks,
                (task, scratchpad) -> forEach(task * size, Math.min(rows, (task + 1) * size), scratchpad, innerBody));
    }
}
