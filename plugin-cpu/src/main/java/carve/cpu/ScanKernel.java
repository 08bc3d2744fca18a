package carve.cpu;

import static carve.cpu.Engine.at;

import carve.api.device.Kernel;
import carve.api.op.DecayScan;
import carve.api.op.Sequences;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** {@link DecayScan} by chunks, or step by step where there are few positions. */
final class ScanKernel implements Kernel {
    private final Engine engine;
    private final DecayScan op;
    private final String name;

    ScanKernel(Engine engine, DecayScan op, List<TensorType> operands) {
        this.engine = engine;
        this.op = op;
        int chunk = Scan.chunk(
                operands.get(DecayScan.Q).shape().extent(3),
                operands.get(DecayScan.V).shape().extent(3));
        name = op.sequences().longest() <= Scan.FEW ? "vector-steps" : "vector-chunk" + chunk;
    }

    /** Returns whether states are small enough. */
    static boolean takes(List<TensorType> operands) {
        return operands.get(DecayScan.Q).shape().extent(3) <= Tiles.DEPTH
                && operands.get(DecayScan.V).shape().extent(3) <= Tiles.DEPTH;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    private static Scan.Heads heads(List<Tensor> operands) {
        Shape q = operands.get(DecayScan.Q).shape();
        Shape v = operands.get(DecayScan.V).shape();
        return new Scan.Heads(
                operands.get(DecayScan.G).extent(2),
                q.extent(2),
                operands.get(DecayScan.K).extent(2),
                v.extent(2),
                q.extent(3),
                v.extent(3));
    }

    private List<Scan.Span> spans() {
        Sequences s = op.sequences();
        List<Scan.Span> spans = new ArrayList<>();
        for (int i = 0; i < s.count(); i++) {
            spans.add(
                    s.isPacked()
                            ? new Scan.Span(
                                    i,
                                    s.offsets().get(i),
                                    s.offsets().get(i + 1) - s.offsets().get(i))
                            : new Scan.Span(i, (long) i * s.positions(), s.positions()));
        }
        return spans;
    }

    private static Scan.Data data(List<Tensor> operands, Tensor y, Tensor next) {
        return new Scan.Data(
                at(operands.get(DecayScan.Q)),
                at(operands.get(DecayScan.K)),
                at(operands.get(DecayScan.V)),
                at(operands.get(DecayScan.G)),
                at(operands.get(DecayScan.W)),
                at(operands.get(DecayScan.STATE)),
                at(y),
                at(next));
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Scan.Heads h = heads(operands);
        Sequences s = op.sequences();
        Tensor y = engine.make(TensorType.f32(s.batch(), s.positions(), h.heads(), h.width()));
        Tensor next = engine.make(operands.get(DecayScan.STATE).type());
        new Scan(engine.workers()).forward(h, spans(), data(operands, y, next));
        return List.of(y, next);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor dy = engine.gradient(gradients.get(0), results.get(0).type());
        List<Optional<Tensor>> d = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            d.add(engine.make(
                    i != DecayScan.STATE || wanted.get(i), operands.get(i).type()));
        }
        Scan.Heads h = heads(operands);
        List<Scan.Span> spans = spans();
        ScanBackward.Parts parts = ScanBackward.Parts.of(h, spans.size());
        Partial q = new Partial(
                parts, h.heads(), h.queryGroups(), d.get(DecayScan.Q).orElseThrow());
        Partial k =
                new Partial(parts, h.heads(), h.keyGroups(), d.get(DecayScan.K).orElseThrow());
        Partial v = new Partial(
                parts, h.heads(), h.valueGroups(), d.get(DecayScan.V).orElseThrow());
        List<ScanBackward.Slopes> slopes = IntStream.range(0, parts.count())
                .mapToObj(i -> new ScanBackward.Slopes(
                        at(dy),
                        gradients.get(1).map(Engine::at).orElse(0L),
                        q.to(i),
                        k.to(i),
                        v.to(i),
                        to(d, DecayScan.G),
                        to(d, DecayScan.W),
                        to(d, DecayScan.STATE)))
                .toList();
        new ScanBackward(engine.workers()).run(h, spans, data(operands, results.get(0), results.get(1)), parts, slopes);
        Stream.of(q, k, v).forEach(Partial::sum);
        return d;
    }

    /** A gradient to which the parts of a group add, with a place for each but the first if several add to the same elements. */
    private final class Partial {
        private final List<Tensor> places = new ArrayList<>();

        Partial(ScanBackward.Parts parts, int heads, int own, Tensor gradient) {
            places.add(gradient);
            for (int i = 1; i < parts.count() && parts.share(heads, own); i++) {
                places.add(engine.make(gradient.type()));
            }
            places.forEach(place -> Memory.fill(at(place), place.type().bytes(), (byte) 0));
        }

        long to(int part) {
            return at(places.get(places.size() == 1 ? 0 : part));
        }

        void sum() {
            long to = at(places.getFirst());
            for (Tensor place : places.subList(1, places.size())) {
                new Rowwise(engine.workers())
                        .chunks(
                                place.shape().size(),
                                (from, count) -> Maps.accumulate(at(place) + 4 * from, to + 4 * from, count));
                place.buffer().close();
            }
        }
    }

    private static long to(List<Optional<Tensor>> gradients, int index) {
        return gradients.get(index).map(Engine::at).orElse(0L);
    }
}
