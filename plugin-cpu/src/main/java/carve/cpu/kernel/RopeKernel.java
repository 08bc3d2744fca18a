package carve.cpu.kernel;

import static carve.cpu.kernel.KernelContext.addressOf;
import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.api.device.Kernel;
import carve.api.op.Rope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.memory.NativeMemory;
import java.util.List;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/** {@link Rope}; backward is the rotation by the opposite angle. */
public final class RopeKernel implements Kernel {
    private static final int GRAIN = 16 * 1024;

    private static final VectorShuffle<Float> NEIGHBOURS = VectorShuffle.fromOp(F, i -> i ^ 1);

    private final KernelContext kernelContext;
    private final Rope.Pairing pairing;

    /** Makes the kernel. */
    public RopeKernel(KernelContext kernelContext, Rope.Pairing pairing) {
        this.kernelContext = kernelContext;
        this.pairing = pairing;
    }

    @Override
    public String name() {
        return "rope";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor y = kernelContext.allocate(operands.getFirst().type());
        rotate(operands.getFirst(), operands.get(1), operands.get(2), 1, y);
        return List.of(y);
    }

    private void rotate(Tensor x, Tensor cos, Tensor sin, float sign, Tensor y) {
        int rows = x.extent(0) * x.extent(1);
        int perTask = Math.max(1, GRAIN / (x.extent(2) * x.extent(3)));
        Heads heads = new Heads(
                addressOf(x),
                addressOf(y),
                addressOf(cos),
                addressOf(sin),
                x.extent(1),
                x.extent(2),
                x.extent(3),
                cos.extent(1));
        kernelContext.threads().parallelFor((rows + perTask - 1) / perTask, (task, scratchpad) -> {
            int from = task * perTask;
            int to = Math.min(rows, from + perTask);
            if (pairing == Rope.Pairing.INTERLEAVED) {
                heads.rotateNeighbours(from, to, sign, scratchpad.floats(2 * (2 * heads.half + LANES)));
            } else {
                heads.rotateHalves(from, to, sign);
            }
        });
    }

    /** The addresses of x (rows, heads, width), of the result, and of cosines and sines (positions, half). */
    private record Heads(long x, long y, long cos, long sin, int positions, int heads, int width, int half) {
        void rotateHalves(int from, int to, float sign) {
            for (int row = from; row < to; row++) {
                long table = 4L * (row % positions) * half;
                for (int h = 0; h < heads; h++) {
                    long at = 4L * ((long) row * heads + h) * width;
                    halves(x + at, cos + table, sin + table, sign, y + at, half, width);
                }
            }
        }

        void rotateNeighbours(int from, int to, float sign, float[] factors) {
            for (int row = from; row < to; row++) {
                long table = 4L * (row % positions) * half;
                repeat(cos + table, sin + table, sign, half, factors);
                for (int h = 0; h < heads; h++) {
                    long at = 4L * ((long) row * heads + h) * width;
                    neighbours(x + at, factors, y + at, half, width);
                }
            }
        }
    }

    /** Writes each cosine twice, then each sine twice, negative first, a vector apart: factors of elements and neighbours. */
    private static void repeat(long cos, long sin, float sign, int half, float[] to) {
        int sines = 2 * half + LANES;
        for (int i = 0; i < half; i++) {
            float s = sign * NativeMemory.get(sin + 4L * i);
            to[2 * i] = NativeMemory.get(cos + 4L * i);
            to[2 * i + 1] = to[2 * i];
            to[sines + 2 * i] = -s;
            to[sines + 2 * i + 1] = s;
        }
    }

    private static void neighbours(long x, float[] factors, long y, int half, int width) {
        int sines = 2 * half + LANES;
        int i = 0;
        for (; i <= 2 * half - LANES; i += LANES) {
            FloatVector v = load(x + 4L * i);
            FloatVector turned = v.rearrange(NEIGHBOURS).mul(FloatVector.fromArray(NativeMemory.F, factors, sines + i));
            store(
                    y + 4L * i,
                    v.mul(FloatVector.fromArray(NativeMemory.F, factors, i)).add(turned));
        }
        for (; i < 2 * half; i += 2) {
            float a = NativeMemory.get(x + 4L * i);
            float b = NativeMemory.get(x + 4L * i + 4);
            NativeMemory.set(y + 4L * i, a * factors[i] + b * factors[sines + i]);
            NativeMemory.set(y + 4L * i + 4, b * factors[i] + a * factors[sines + i + 1]);
        }
        NativeMemory.copyShort(x + 8L * half, y + 8L * half, 4L * (width - 2 * half));
    }

    private static void halves(long x, long cos, long sin, float sign, long y, int half, int width) {
        int i = 0;
        for (; i <= half - LANES; i += LANES) { // with what is inlined everywhere, see VectorMath
            FloatVector c = FloatVector.fromMemorySegment(F, NativeMemory.ALL, cos + 4L * i, NativeMemory.ORDER);
            FloatVector s = FloatVector.fromMemorySegment(F, NativeMemory.ALL, sin + 4L * i, NativeMemory.ORDER)
                    .mul(sign);
            FloatVector low = FloatVector.fromMemorySegment(F, NativeMemory.ALL, x + 4L * i, NativeMemory.ORDER);
            FloatVector high =
                    FloatVector.fromMemorySegment(F, NativeMemory.ALL, x + 4L * (i + half), NativeMemory.ORDER);
            low.mul(c).sub(high.mul(s)).intoMemorySegment(NativeMemory.ALL, y + 4L * i, NativeMemory.ORDER);
            high.mul(c).add(low.mul(s)).intoMemorySegment(NativeMemory.ALL, y + 4L * (i + half), NativeMemory.ORDER);
        }
        if (i < half) {
            VectorMask<Float> rest = NativeMemory.firstLanes(half - i);
            FloatVector c = load(cos + 4L * i, rest);
            FloatVector s = load(sin + 4L * i, rest).mul(sign);
            FloatVector low = load(x + 4L * i, rest);
            FloatVector high = load(x + 4L * (i + half), rest);
            store(y + 4L * i, low.mul(c).sub(high.mul(s)), rest);
            store(y + 4L * (i + half), high.mul(c).add(low.mul(s)), rest);
        }
        NativeMemory.copyShort(x + 8L * half, y + 8L * half, 4L * (width - 2 * half));
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor cos = operands.get(1);
        Tensor sin = operands.get(2);
        Tensor dy = gradients.getFirst().orElseThrow();
        Optional<Tensor> dx = kernelContext.allocate(wanted.get(0), x.type());
        dx.ifPresent(to -> rotate(dy, cos, sin, -1, to));
        boolean tables = wanted.get(1) || wanted.get(2);
        return tables
                ? List.of(
                        dx,
                        Optional.of(tableGradient(x, dy, cos.type(), false)),
                        Optional.of(tableGradient(x, dy, cos.type(), true)))
                : List.of(dx, Optional.empty(), Optional.empty());
    }

    /** Returns the gradient of the cosines or sines; they are hardly ever trained, so primitives do. */
    private Tensor tableGradient(Tensor x, Tensor dy, TensorType table, boolean sine) {
        int half = table.shape().extent(1);
        Tensor a = elements(x, half, 0);
        Tensor b = elements(x, half, 1);
        Tensor da = elements(dy, half, 0);
        Tensor db = elements(dy, half, 1);
        return reduce(
                sine ? db.multiply(a).subtract(da.multiply(b)) : da.multiply(a).add(db.multiply(b)), table);
    }

    /** Returns the first or second elements of all pairs, (B, T, H, R/2). */
    private Tensor elements(Tensor x, int half, int index) {
        if (pairing == Rope.Pairing.HALF) {
            return x.slice(3, index * half, (index + 1) * half);
        }
        return x.slice(3, 0, 2 * half)
                .reshape(x.extent(0), x.extent(1), x.extent(2), half, 2)
                .slice(4, index, index + 1)
                .reshape(x.shape().with(3, half));
    }

    /** Returns the sum of (B, T, H, R/2) over rows and heads, as (T, R/2). */
    private static Tensor reduce(Tensor x, TensorType table) {
        Shape shape = table.shape();
        return x.sumTo(Shape.of(1, shape.extent(0), 1, shape.extent(1))).reshape(shape);
    }
}
