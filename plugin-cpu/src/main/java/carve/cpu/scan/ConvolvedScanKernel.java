package carve.cpu.scan;

import static carve.cpu.kernel.KernelContext.addressOf;
import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.api.device.Kernel;
import carve.api.op.CombinedConvScan;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.conv.ConvStep;
import carve.cpu.conv.ConvStepLoop;
import carve.cpu.gemm.MicroKernel;
import carve.cpu.kernel.KernelContext;
import carve.cpu.memory.NativeMemory;
import carve.cpu.norm.RmsNormLoops;
import carve.cpu.simd.Elementwise;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * {@link CombinedConvScan} of one position, which is what decoding does for each token and layer: the parts of the definition one
 * after the other, in memory of the thread. Bits are those of the definition on this device.
 */
public final class ConvolvedScanKernel implements Kernel {
    private static final int CHANNELS = 256;

    private final KernelContext kernelContext;
    private final ConvStep convStep;
    private final CombinedConvScan op;

    /** Makes the kernel, which runs its convolution by {@code convStep}. */
    public ConvolvedScanKernel(KernelContext kernelContext, ConvStep convStep, CombinedConvScan op) {
        this.kernelContext = kernelContext;
        this.convStep = convStep;
        this.op = op;
    }

    /** Returns whether there is a kernel for these operands, which are F32: one position, of states that a scan takes. */
    public static boolean supports(CombinedConvScan op, List<TensorType> operands) {
        Shape packed = operands.get(CombinedConvScan.PACKED).shape();
        Shape scan = operands.get(CombinedConvScan.SCAN_STATE).shape();
        return packed.extent(0) == 1
                && packed.extent(1) == 1
                && op.sequenceLayout().count() == 1
                && !op.sequenceLayout().isPacked()
                && scan.extent(2) <= MicroKernel.KC
                && scan.extent(3) <= MicroKernel.KC;
    }

    @Override
    public String name() {
        return "convolved-scan-step";
    }

    /** The extents and addresses of one step; the last four are scratch memory. */
    private record Step(
            ChunkedScan.Heads h,
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
            return addressOf(operands.get(operand));
        }
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        try (var _ = kernelContext.threads().scratch().frame()) {
            return forward(step(operands), operands);
        }
    }

    private List<Tensor> forward(Step s, List<Tensor> operands) {
        Tensor y = kernelContext.allocate(TensorType.f32(1, 1, s.inner()));
        Tensor conv =
                kernelContext.allocate(operands.get(CombinedConvScan.CONV_STATE).type());
        Tensor scan =
                kernelContext.allocate(operands.get(CombinedConvScan.SCAN_STATE).type());
        convolve(s, addressOf(conv));
        steps(s);
        scan(s, addressOf(scan));
        skip(s);
        var normShape = new RmsNormLoops.NormShape(
                op.groups(), s.inner() / op.groups(), op.groups(), (float) op.epsilon(), 0, RmsNormLoops.Gate.BEFORE);
        new RmsNormLoops(kernelContext.threads())
                .rms(normShape, s.scanned, s.of(CombinedConvScan.NORM), s.packed, addressOf(y));
        return List.of(y, conv, scan);
    }

    private Step step(List<Tensor> operands) {
        Shape scan = operands.get(CombinedConvScan.SCAN_STATE).shape();
        Shape conv = operands.get(CombinedConvScan.CONV).shape();
        int heads = scan.extent(1);
        int channels = conv.extent(0);
        int shared = CombinedConvScan.groupCount(channels, scan);
        var h = new ChunkedScan.Heads(heads, shared, shared, heads, scan.extent(3), scan.extent(2));
        long convolved = kernelContext
                .threads()
                .scratch()
                .nativeBuffer(4L * (channels + 2 * whole(heads) + heads * scan.extent(2)));
        long step = convolved + 4L * channels;
        long decay = step + 4L * whole(heads);
        return new Step(
                h,
                channels,
                conv.extent(2),
                addressOf(operands.get(CombinedConvScan.PACKED)),
                operands,
                convolved,
                step,
                decay,
                decay + 4L * whole(heads));
    }

    private static int whole(int count) {
        return (count + LANES - 1) / LANES * LANES;
    }

    private void convolve(Step s, long next) {
        var steps = new ConvStepLoop(
                s.packed + 4L * s.inner(),
                s.of(CombinedConvScan.CONV),
                s.of(CombinedConvScan.CONV_BIAS),
                s.of(CombinedConvScan.CONV_STATE),
                s.convolved,
                next,
                s.channels,
                s.taps,
                true,
                convStep);
        int tasks = (s.channels + CHANNELS - 1) / CHANNELS;
        kernelContext.threads().parallelFor(tasks <= 2, tasks, (task, scratchpad) -> {
            int from = task * CHANNELS;
            steps.run(0, 0, 1, from, Math.min(CHANNELS, s.channels - from));
        });
    }

    private void steps(Step s) {
        int heads = s.h.heads();
        long x = s.packed + 4L * (s.inner() + s.channels);
        Elementwise.binary(BinaryFunction.ADD, x, 4, s.of(CombinedConvScan.DT_BIAS), 4, s.step, heads);
        Elementwise.unary(UnaryFunction.SOFTPLUS, s.step, s.step, heads);
        for (int i = 0; op.hasDtLimits() && i < heads; i++) {
            float step = NativeMemory.get(s.step + 4L * i);
            NativeMemory.set(s.step + 4L * i, Math.min(Math.max(step, (float) op.minDt()), (float) op.maxDt()));
        }
        Elementwise.unary(UnaryFunction.EXP, s.of(CombinedConvScan.A_LOG), s.decay, heads);
        Elementwise.unary(UnaryFunction.NEGATE, s.decay, s.decay, heads);
        Elementwise.binary(BinaryFunction.MULTIPLY, s.step, 4, s.decay, 4, s.decay, heads);
    }

    private void scan(Step s, long next) {
        long keys = s.convolved + 4L * s.inner();
        long queries = keys + 4L * s.h.keyGroups() * s.h.state();
        long state = s.of(CombinedConvScan.SCAN_STATE);
        var data = new ChunkedScan.Operands(queries, keys, s.convolved, s.decay, s.step, state, s.scanned, next);
        new ChunkedScan(kernelContext.threads()).forward(s.h, List.of(new ChunkedScan.SequenceSpan(0, 0, 1)), data);
    }

    /** Adds D x; product and sum are rounded one after the other. */
    private static void skip(Step s) {
        int width = s.h.width();
        int whole = F.loopBound(width);
        VectorMask<Float> rest = NativeMemory.firstLanes(width - whole);
        for (int head = 0; head < s.h.heads(); head++) {
            float factor = NativeMemory.get(s.of(CombinedConvScan.D) + 4L * head);
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
