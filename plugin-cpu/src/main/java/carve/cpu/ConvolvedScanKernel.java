package carve.cpu;

import static carve.cpu.Engine.at;
import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;
import static carve.cpu.Memory.load;
import static carve.cpu.Memory.store;

import carve.api.device.Kernel;
import carve.api.op.ConvolvedScan;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * {@link ConvolvedScan} of one position, which is what decoding does for each token and layer: the parts of the definition one
 * after the other, in memory of the thread. Bits are those of the definition on this device.
 */
final class ConvolvedScanKernel implements Kernel {
    private static final int CHANNELS = 256;

    private final Engine engine;
    private final ConvolvedScan op;

    ConvolvedScanKernel(Engine engine, ConvolvedScan op) {
        this.engine = engine;
        this.op = op;
    }

    /** Returns whether there is a kernel for these operands, which are F32: one position, of states that a scan takes. */
    static boolean takes(ConvolvedScan op, List<TensorType> operands) {
        Shape packed = operands.get(ConvolvedScan.PACKED).shape();
        Shape scan = operands.get(ConvolvedScan.SCAN_STATE).shape();
        return packed.extent(0) == 1
                && packed.extent(1) == 1
                && op.sequences().count() == 1
                && !op.sequences().isPacked()
                && scan.extent(2) <= Tiles.DEPTH
                && scan.extent(3) <= Tiles.DEPTH;
    }

    @Override
    public String name() {
        return "vector-step";
    }

    /** What there is, and where it is; the four last are memory of the thread. */
    private record Step(
            Scan.Heads h,
            int channels,
            int taps,
            long packed,
            List<Tensor> operands,
            long convolved,
            long step,
            long decay,
            long scanned) {
        int inner() {
            return h.heads() * h.width();
        }

        long of(int operand) {
            return at(operands.get(operand));
        }
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Step s = step(operands);
        Tensor y = engine.make(TensorType.f32(1, 1, s.inner()));
        Tensor conv = engine.make(operands.get(ConvolvedScan.CONV_STATE).type());
        Tensor scan = engine.make(operands.get(ConvolvedScan.SCAN_STATE).type());
        convolve(s, at(conv));
        steps(s);
        scan(s, at(scan));
        skip(s);
        var size = new Norms.Size(
                op.groups(), s.inner() / op.groups(), op.groups(), (float) op.epsilon(), Norms.Gate.BEFORE);
        new Norms(engine.workers()).rms(size, s.scanned, s.of(ConvolvedScan.NORM), s.packed, at(y));
        return List.of(y, conv, scan);
    }

    private Step step(List<Tensor> operands) {
        Shape scan = operands.get(ConvolvedScan.SCAN_STATE).shape();
        Shape conv = operands.get(ConvolvedScan.CONV).shape();
        int heads = scan.extent(1);
        int channels = conv.extent(0);
        int shared = ConvolvedScan.shared(channels, scan);
        var h = new Scan.Heads(heads, shared, shared, heads, scan.extent(3), scan.extent(2));
        long room = engine.workers().scratch().room(4L * (channels + 2 * whole(heads) + heads * scan.extent(2)));
        long step = room + 4L * channels;
        long decay = step + 4L * whole(heads);
        return new Step(
                h,
                channels,
                conv.extent(2),
                at(operands.get(ConvolvedScan.PACKED)),
                operands,
                room,
                step,
                decay,
                decay + 4L * whole(heads));
    }

    private static int whole(int count) {
        return (count + LANES - 1) / LANES * LANES;
    }

    private void convolve(Step s, long next) {
        var steps = new ConvSteps(
                s.packed + 4L * s.inner(),
                s.of(ConvolvedScan.CONV),
                s.of(ConvolvedScan.CONV_BIAS),
                s.of(ConvolvedScan.CONV_STATE),
                s.convolved,
                next,
                s.channels,
                s.taps,
                true,
                engine.convStep());
        int tasks = (s.channels + CHANNELS - 1) / CHANNELS;
        engine.workers().run(tasks <= 2, tasks, (task, scratch) -> {
            int from = task * CHANNELS;
            steps.run(0, 0, 1, from, Math.min(CHANNELS, s.channels - from));
        });
    }

    private void steps(Step s) {
        int heads = s.h.heads();
        long x = s.packed + 4L * (s.inner() + s.channels);
        Maps.binary(BinaryFunction.ADD, x, 4, s.of(ConvolvedScan.STEP_BIAS), 4, s.step, heads);
        Maps.unary(UnaryFunction.SOFTPLUS, s.step, s.step, heads);
        for (int i = 0; op.bounded() && i < heads; i++) {
            float step = Memory.get(s.step + 4L * i);
            Memory.set(s.step + 4L * i, Math.min(Math.max(step, (float) op.min()), (float) op.max()));
        }
        Maps.unary(UnaryFunction.EXP, s.of(ConvolvedScan.A_LOG), s.decay, heads);
        Maps.unary(UnaryFunction.NEGATE, s.decay, s.decay, heads);
        Maps.binary(BinaryFunction.MULTIPLY, s.step, 4, s.decay, 4, s.decay, heads);
    }

    private void scan(Step s, long next) {
        long keys = s.convolved + 4L * s.inner();
        long queries = keys + 4L * s.h.keyGroups() * s.h.state();
        long state = s.of(ConvolvedScan.SCAN_STATE);
        var data = new Scan.Data(queries, keys, s.convolved, s.decay, s.step, state, s.scanned, next);
        new Scan(engine.workers()).forward(s.h, List.of(new Scan.Span(0, 0, 1)), data);
    }

    /** Adds D x; product and sum are rounded one after the other. */
    private static void skip(Step s) {
        int width = s.h.width();
        int whole = F.loopBound(width);
        VectorMask<Float> rest = Memory.first(width - whole);
        for (int head = 0; head < s.h.heads(); head++) {
            float factor = Memory.get(s.of(ConvolvedScan.SKIP) + 4L * head);
            long x = s.convolved + 4L * head * width;
            long y = s.scanned + 4L * head * width;
            for (int i = 0; i < whole; i += LANES) {
                FloatVector added = load(x + 4L * i).mul(factor);
                store(y + 4L * i, load(y + 4L * i).add(added));
            }
            if (whole < width) {
                FloatVector added = load(x + 4L * whole, rest).mul(factor);
                store(y + 4L * whole, load(y + 4L * whole, rest).add(added), rest);
            }
        }
    }
}
