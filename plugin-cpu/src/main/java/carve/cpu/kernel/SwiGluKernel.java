package carve.cpu.kernel;

import static carve.cpu.kernel.KernelContext.addressOf;
import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.api.device.Kernel;
import carve.api.tensor.Tensor;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.VectorMath;
import java.util.List;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** {@link carve.api.op.SwiGlu}. */
public final class SwiGluKernel implements Kernel {
    private static final int GRAIN = 8 * 1024;

    private final KernelContext kernelContext;

    /** Makes the kernel. */
    public SwiGluKernel(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    @Override
    public String name() {
        return "swiglu";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    /** The body of a loop over ranges of elements, with the byte offset of the first. */
    @FunctionalInterface
    private interface Range {
        void run(long from, int count);
    }

    private void ranges(long size, Range range) {
        int tasks = (int) ((size + GRAIN - 1) / GRAIN);
        kernelContext
                .threads()
                .parallelFor(
                        tasks,
                        (task, scratchpad) ->
                                range.run(4L * task * GRAIN, (int) Math.min(GRAIN, size - (long) task * GRAIN)));
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor y = kernelContext.allocate(operands.getFirst().type());
        long a = addressOf(operands.get(0));
        long b = addressOf(operands.get(1));
        long to = addressOf(y);
        ranges(y.shape().size(), (from, n) -> forward(a + from, b + from, to + from, n));
        return List.of(y);
    }

    // a mask in this loop would be too much for the compiler, see VectorMath
    private static void forward(long a, long b, long y, int n) {
        int whole = F.loopBound(n);
        for (int i = 0; i < whole; i += LANES) {
            store(y + 4L * i, VectorMath.silu(load(a + 4L * i)).mul(load(b + 4L * i)));
        }
        if (whole < n) {
            rest(a + 4L * whole, b + 4L * whole, y + 4L * whole, n - whole);
        }
    }

    private static void rest(long a, long b, long y, int n) {
        VectorMask<Float> m = NativeMemory.firstLanes(n);
        store(y, VectorMath.silu(load(a, m)).mul(load(b, m)), m);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor da = kernelContext.allocate(operands.get(0).type());
        Tensor db = kernelContext.allocate(operands.get(1).type());
        long a = addressOf(operands.get(0));
        long b = addressOf(operands.get(1));
        long dy = addressOf(gradients.getFirst().orElseThrow());
        long toA = addressOf(da);
        long toB = addressOf(db);
        ranges(da.shape().size(), (from, n) -> backward(a + from, b + from, dy + from, toA + from, toB + from, n));
        return List.of(Optional.of(da), Optional.of(db));
    }

    private static void backward(long a, long b, long dy, long da, long db, int n) {
        FloatVector one = FloatVector.broadcast(F, 1f);
        int whole = F.loopBound(n);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector x = load(a + 4L * i);
            FloatVector d = load(dy + 4L * i);
            FloatVector other = load(b + 4L * i); // before any store: its address may differ by a multiple of 4096
            FloatVector s = VectorMath.sigmoid(x);
            FloatVector y = x.mul(s);
            store(db + 4L * i, d.mul(y));
            // silu' = s + silu (1 - s)
            store(da + 4L * i, y.fma(one.sub(s), s).mul(d).mul(other));
        }
        if (whole < n) {
            long at = 4L * whole;
            restBackward(a + at, b + at, dy + at, da + at, db + at, n - whole);
        }
    }

    private static void restBackward(long a, long b, long dy, long da, long db, int n) {
        VectorMask<Float> m = NativeMemory.firstLanes(n);
        FloatVector x = load(a, m);
        FloatVector d = load(dy, m);
        FloatVector s = VectorMath.sigmoid(x);
        FloatVector y = x.mul(s);
        FloatVector derivative = y.fma(FloatVector.broadcast(F, 1f).sub(s), s);
        store(da, derivative.mul(d).mul(load(b, m)), m);
        store(db, d.mul(y), m);
    }
}
