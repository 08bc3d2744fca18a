package carve.cpu.primitive;

import carve.api.device.DeviceException;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeInference;
import carve.cpu.memory.NativeMemory;
import carve.cpu.primitive.Primitives.Operand;
import carve.cpu.simd.Elementwise;
import carve.cpu.thread.ParallelFor;
import carve.cpu.thread.ThreadPool;
import java.util.List;

/** The primitives that put values elsewhere: by strides, along an axis, by indices. */
final class DataMovement {
    private final ThreadPool threadPool;
    private final ParallelFor parallelFor;

    DataMovement(ThreadPool threadPool) {
        this.threadPool = threadPool;
        this.parallelFor = new ParallelFor(threadPool);
    }

    static long[] permutedStrides(Shape shape, List<Integer> order) {
        long[] strides = ShapeInference.strides(shape);
        return order.stream().mapToLong(axis -> strides[axis]).toArray();
    }

    /** Copies elements that are found by strides. */
    void copyStrided(Operand x, long[] strides, Operand out) {
        int bytes = out.dtype().bytes();
        StridedLoop stridedLoop = StridedLoop.of(out.shape(), strides, ShapeInference.strides(out.shape()));
        long step = stridedLoop.innerStride(0);
        int inner = stridedLoop.innerLength();
        if (stridedLoop.outerCount() == 1 && step == 0 && bytes == 4) {
            float value = NativeMemory.get(x.address());
            parallelFor.overRanges(inner, (from, n) -> Elementwise.fill(out.address() + 4 * from, value, n));
            return;
        }
        stridedLoop.forEach(threadPool, ParallelFor.GRAIN_SIZE, (at, scratchpad) -> {
            long from = x.address() + bytes * at[0];
            long to = out.address() + bytes * at[1];
            if (step == 1) {
                NativeMemory.copyShort(from, to, (long) inner * bytes);
            } else if (step == 0 && bytes == 4) {
                Elementwise.fill(to, NativeMemory.get(from), inner);
            } else {
                for (int i = 0; i < inner; i++) {
                    Primitives.copyElement(bytes, from + bytes * step * i, to + (long) bytes * i);
                }
            }
        });
    }

    /** Copies a small tensor into the part of a large one that starts at an index of an axis, or that part into it. */
    void copySlice(Operand small, Operand large, int axis, int start, boolean into) {
        int rank = small.shape().rank();
        long inner = small.shape().product(axis + 1, rank) * small.dtype().bytes();
        long block = small.extent(axis) * inner;
        long stride = large.extent(axis) * inner;
        parallelFor.overRows(small.shape().product(0, axis), (int) Math.min(1 << 20, block / 4), row -> {
            long part = small.address() + row * block;
            long whole = large.address() + row * stride + start * inner;
            NativeMemory.copyShort(into ? part : whole, into ? whole : part, block);
        });
    }

    /** Writes a tensor over part of another along an axis. */
    void store(Operand source, Operand target, int axis, int start) {
        copySlice(source, target, axis, start, true);
    }

    void lowerTriangle(Operand x, int diagonal, Operand out) {
        int columns = x.extent(-1);
        int rows = x.extent(-2);
        int bytes = x.dtype().bytes();
        parallelFor.overRows(x.shape().size() / columns, columns, row -> {
            int kept = (int) Math.max(0, Math.min(columns, row % rows + diagonal + 1));
            long at = row * columns * bytes;
            NativeMemory.copyShort(x.address() + at, out.address() + at, (long) kept * bytes);
            NativeMemory.fill(out.address() + at + (long) kept * bytes, (long) (columns - kept) * bytes, (byte) 0);
        });
    }

    void gather(Operand table, Operand indices, Operand out) {
        long bytes =
                table.shape().product(1, table.shape().rank()) * table.dtype().bytes();
        int extent = table.extent(0);
        long count = indices.shape().size();
        for (long i = 0; i < count; i++) {
            index(NativeMemory.getInt(indices.address() + 4 * i), extent);
        }
        parallelFor.overRows(
                count,
                (int) Math.min(1 << 20, bytes / 4),
                i -> NativeMemory.copyShort(
                        table.address() + bytes * NativeMemory.getInt(indices.address() + 4 * i),
                        out.address() + bytes * i,
                        bytes));
    }

    private static int index(int index, int extent) {
        if (index < 0 || index >= extent) {
            throw new DeviceException("index %d is outside of a table of %d rows".formatted(index, extent));
        }
        return index;
    }

    void scatterAdd(Operand indices, Operand rows, Operand out) {
        long count = indices.shape().size();
        int width = count == 0 ? 0 : (int) (rows.shape().size() / count);
        NativeMemory.fill(out.address(), out.type().bytes(), (byte) 0);
        for (long i = 0; i < count; i++) {
            index(NativeMemory.getInt(indices.address() + 4 * i), out.extent(0));
        }
        int tasks = count * width < 4 * ParallelFor.GRAIN_SIZE
                ? 1
                : Math.min(threadPool.threads(), Math.max(1, width / 64));
        int size = ((width + tasks - 1) / tasks + NativeMemory.LANES - 1) / NativeMemory.LANES * NativeMemory.LANES;
        threadPool.parallelFor(tasks, (task, scratchpad) -> {
            int from = task * size;
            int n = Math.min(size, width - from);
            for (long i = 0; n > 0 && i < count; i++) {
                long row = NativeMemory.getInt(indices.address() + 4 * i);
                add(out.dtype(), rows.address() + 4 * (i * width + from), out.address() + 4 * (row * width + from), n);
            }
        });
    }

    private static void add(DType dtype, long from, long to, int n) {
        if (dtype == DType.F32) {
            Elementwise.accumulate(from, to, n);
        } else {
            Primitives.binaryInt(Op.BinaryFunction.ADD, to, 4, from, 4, to, n);
        }
    }
}
