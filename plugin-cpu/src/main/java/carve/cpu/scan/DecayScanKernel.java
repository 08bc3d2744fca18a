package carve.cpu.scan;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.op.DecayScan;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.gemm.MicroKernel;
import carve.cpu.kernel.KernelContext;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Elementwise;
import carve.cpu.thread.ParallelFor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** {@link DecayScan} by chunks, or step by step where there are few positions. */
public final class DecayScanKernel implements Kernel {
    private final KernelContext kernelContext;
    private final DecayScan op;
    private final String name;

    /** Makes the kernel of an op on operands of these types. */
    public DecayScanKernel(KernelContext kernelContext, DecayScan op, List<TensorType> operands) {
        this.kernelContext = kernelContext;
        this.op = op;
        int chunk = ChunkedScan.chunkLength(
                operands.get(DecayScan.Q).shape().extent(3),
                operands.get(DecayScan.V).shape().extent(3));
        name = op.sequenceLayout().maxLength() <= ChunkedScan.MAX_RECURRENT_POSITIONS
                ? "recurrent-scan"
                : "chunked-scan-" + chunk;
    }

    /** Returns whether states are small enough. */
    public static boolean supports(List<TensorType> operands) {
        return operands.get(DecayScan.Q).shape().extent(3) <= MicroKernel.KC
                && operands.get(DecayScan.V).shape().extent(3) <= MicroKernel.KC;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    private static ChunkedScan.Heads heads(List<Tensor> operands) {
        Shape q = operands.get(DecayScan.Q).shape();
        Shape v = operands.get(DecayScan.V).shape();
        return new ChunkedScan.Heads(
                operands.get(DecayScan.G).extent(2),
                q.extent(2),
                operands.get(DecayScan.K).extent(2),
                v.extent(2),
                q.extent(3),
                v.extent(3));
    }

    private List<ChunkedScan.SequenceSpan> spans() {
        SequenceLayout s = op.sequenceLayout();
        List<ChunkedScan.SequenceSpan> spans = new ArrayList<>();
        for (int i = 0; i < s.count(); i++) {
            spans.add(
                    s.isPacked()
                            ? new ChunkedScan.SequenceSpan(
                                    i,
                                    s.offsets().get(i),
                                    s.offsets().get(i + 1) - s.offsets().get(i))
                            : new ChunkedScan.SequenceSpan(i, (long) i * s.positions(), s.positions()));
        }
        return spans;
    }

    private static ChunkedScan.Operands data(List<Tensor> operands, Tensor y, Tensor next) {
        return new ChunkedScan.Operands(
                addressOf(operands.get(DecayScan.Q)),
                addressOf(operands.get(DecayScan.K)),
                addressOf(operands.get(DecayScan.V)),
                addressOf(operands.get(DecayScan.G)),
                addressOf(operands.get(DecayScan.W)),
                addressOf(operands.get(DecayScan.STATE)),
                addressOf(y),
                addressOf(next));
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        ChunkedScan.Heads h = heads(operands);
        SequenceLayout s = op.sequenceLayout();
        Tensor y = kernelContext.allocate(TensorType.f32(s.batch(), s.positions(), h.heads(), h.width()));
        Tensor next = kernelContext.allocate(operands.get(DecayScan.STATE).type());
        new ChunkedScan(kernelContext.threads()).forward(h, spans(), data(operands, y, next));
        return List.of(y, next);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor dy =
                kernelContext.gradientOrZeros(gradients.get(0), results.get(0).type());
        List<Optional<Tensor>> d = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            d.add(kernelContext.allocate(
                    i != DecayScan.STATE || wanted.get(i), operands.get(i).type()));
        }
        ChunkedScan.Heads h = heads(operands);
        List<ChunkedScan.SequenceSpan> spans = spans();
        ChunkedScanBackward.Partition partition = ChunkedScanBackward.Partition.of(h, spans.size());
        Partial q = new Partial(
                partition, h.heads(), h.queryGroups(), d.get(DecayScan.Q).orElseThrow());
        Partial k = new Partial(
                partition, h.heads(), h.keyGroups(), d.get(DecayScan.K).orElseThrow());
        Partial v = new Partial(
                partition, h.heads(), h.valueGroups(), d.get(DecayScan.V).orElseThrow());
        List<ChunkedScanBackward.Gradients> operandGradients = IntStream.range(0, partition.count())
                .mapToObj(i -> new ChunkedScanBackward.Gradients(
                        addressOf(dy),
                        gradients.get(1).map(KernelContext::addressOf).orElse(0L),
                        q.to(i),
                        k.to(i),
                        v.to(i),
                        to(d, DecayScan.G),
                        to(d, DecayScan.W),
                        to(d, DecayScan.STATE)))
                .toList();
        new ChunkedScanBackward(kernelContext.threads())
                .run(h, spans, data(operands, results.get(0), results.get(1)), partition, operandGradients);
        Stream.of(q, k, v).forEach(Partial::sum);
        return d;
    }

    /** A gradient to which the parts of a group add, with a place for each but the first if several add to the same elements. */
    private final class Partial {
        private final List<Tensor> places = new ArrayList<>();

        Partial(ChunkedScanBackward.Partition partition, int heads, int own, Tensor gradient) {
            places.add(gradient);
            for (int i = 1; i < partition.count() && partition.share(heads, own); i++) {
                places.add(kernelContext.allocate(gradient.type()));
            }
            places.forEach(
                    place -> NativeMemory.fill(addressOf(place), place.type().bytes(), (byte) 0));
        }

        long to(int part) {
            return addressOf(places.get(places.size() == 1 ? 0 : part));
        }

        void sum() {
            long to = addressOf(places.getFirst());
            for (Tensor place : places.subList(1, places.size())) {
                new ParallelFor(kernelContext.threads())
                        .overRanges(
                                place.shape().size(),
                                (from, count) ->
                                        Elementwise.accumulate(addressOf(place) + 4 * from, to + 4 * from, count));
                place.buffer().close();
            }
        }
    }

    private static long to(List<Optional<Tensor>> gradients, int index) {
        return gradients.get(index).map(KernelContext::addressOf).orElse(0L);
    }
}
