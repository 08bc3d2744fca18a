package carve.bench.card;

import carve.api.device.Device;
import carve.api.mixer.Probe;
import carve.api.model.Block;
import carve.api.model.ModelFolder;
import carve.api.model.ModelSpec;
import carve.api.op.AdamW;
import carve.api.op.Sequences;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A step of the first stage on one pair of layers: the teacher's attention, the student's Mamba-2 on the same input, the
 * square of the difference of their heads, gradients of all its parameters, AdamW. Parameters and moments are F32, products
 * are rounded to BF16.
 */
final class Training {
    static final String PART = "training, stage 1, one pair of layers";

    private final Session session;
    private final Device device;
    private final Block teacher;
    private final Block student;
    private final ParamStore fixed;
    private final ParamStore trained;
    private final ParamStore moments;

    private Training(Session session, Device device, Block teacher, Block student) {
        this.session = session;
        this.device = device;
        this.teacher = teacher;
        this.student = student;
        this.fixed = store(teacher, DType.BF16);
        this.trained = store(student, DType.F32);
        this.moments = new ParamStore(device);
        trained.asMap().forEach((name, value) -> {
            moments.put("mean." + name, Tensors.zeros(device, value.shape()));
            moments.put("square." + name, Tensors.zeros(device, value.shape()));
        });
    }

    /** Returns the figures; products are BF16 operations in a second, in billions. */
    static List<Figure> of(Session session, ModelFolder folder, double products) {
        if (!session.goesOn()) {
            return List.of();
        }
        ModelSpec linear = Models.converted(session, folder, "repeat = [mamba2]");
        try (Device device = session.open("products = mixed")) {
            var training = new Training(
                    session,
                    device,
                    folder.spec().layers().getLast(),
                    linear.layers().getLast());
            return training.figures(products);
        }
    }

    private ParamStore store(Block block, DType matrices) {
        ParamStore store = new ParamStore(device);
        for (ParamSpec param : block.mixer().parameters()) {
            Scope.run(device, () -> store.put(param.name(), Models.random(device, param, matrices)));
        }
        return store;
    }

    private List<Figure> figures(double products) {
        List<Figure> figures = new ArrayList<>();
        for (int positions : session.small() ? new int[] {70} : new int[] {4096, 16_384}) {
            Tensor x =
                    Session.normal(device, "x", 1, 1, positions, teacher.norm().width());
            double[] millis = session.millis(device, () -> step(x));
            double work = (2 * matrices(fixed) + 6 * matrices(trained)) * positions / 1e9;
            double least = work / Math.max(products, 1e-9) * 1000;
            figures.add(Figure.rate(
                    PART,
                    "T " + positions,
                    work,
                    "GFLOP/s",
                    millis,
                    String.format(Locale.ROOT, "its products alone would take %.2f of it", least / millis[1])));
            figures.add(Figure.number(
                    PART,
                    "T " + positions + ", memory",
                    device.workspace().peakBytes() / 1e9,
                    "GB",
                    "the most of a step"));
        }
        return figures;
    }

    private static double matrices(ParamStore store) {
        return store.asMap().values().stream()
                .filter(value -> value.shape().rank() == 2)
                .mapToDouble(value -> value.shape().size())
                .sum();
    }

    private void step(Tensor x) {
        Sequences rows = Sequences.whole(1, x.extent(1));
        Tensor expected = heads(teacher, fixed, x, rows);
        var tape = new Tape();
        Map<String, Tensor> watched = new LinkedHashMap<>();
        trained.asMap().forEach((name, value) -> watched.put(name, tape.watch(value)));
        Tensor difference = heads(student, Params.of(watched), x, rows).subtract(expected);
        List<Tensor> of = List.copyOf(watched.values());
        List<Tensor> gradients = tape.gradients(difference.multiply(difference).mean(), of);
        int i = 0;
        for (String name : List.copyOf(watched.keySet())) {
            update(name, gradients.get(i++));
        }
    }

    private void update(String name, Tensor gradient) {
        var op = new AdamW(1e-3, 0.9, 0.999, 1e-8, 0.05, 1);
        List<Tensor> next = Tensors.apply(
                op, trained.get(name), gradient, moments.get("mean." + name), moments.get("square." + name));
        trained.put(name, next.get(0));
        moments.put("mean." + name, next.get(1));
        moments.put("square." + name, next.get(2));
    }

    private static Tensor heads(Block block, Params params, Tensor x, Sequences rows) {
        List<Tensor> found = new ArrayList<>();
        Optional<Tensor> unused = Optional.of(block.mixer().forward(params, x, rows, new Probe() {
            @Override
            public boolean wants(String name) {
                return name.equals(HEADS);
            }

            @Override
            public void publish(String name, Tensor value) {
                found.add(value);
            }
        }));
        return unused.map(y -> found.isEmpty() ? y : found.getFirst()).orElseThrow();
    }
}
