package carve.cuda;

import carve.api.device.Kernel;
import carve.api.op.SampleToken;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;

/** {@link SampleToken}; see {@code sample.cu}. */
final class SampleKernel implements Kernel {
    private final Engine engine;
    private final SampleToken op;

    SampleKernel(Engine engine, SampleToken op) {
        this.engine = engine;
        this.op = op;
    }

    @Override
    public String name() {
        return "radix-sample";
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor logits = operands.getFirst();
        int rows = logits.extent(0);
        int columns = logits.extent(1);
        Tensor tokens = whole(rows);
        int[] excluded = op.excluded().stream().mapToInt(Integer::intValue).toArray();
        var sample = new Launch.Struct(
                logits,
                excluded.length == 0 ? Long.valueOf(0) : engine.numbers(excluded),
                engine.numbers(draws()),
                whole(rows, columns),
                whole(rows, 2 * columns),
                tokens,
                Double.doubleToRawLongBits(op.temperature()),
                Double.doubleToRawLongBits(op.topP()),
                op.topK(),
                excluded.length,
                columns,
                0);
        engine.stream().run("sample", "sample", Launch.Grid.of(rows), sample);
        return List.of(tokens);
    }

    private Tensor whole(int... extents) {
        return engine.make(new TensorType(DType.I32, Shape.of(extents)));
    }

    // two numbers for each double, the lower half first
    private int[] draws() {
        int[] halves = new int[2 * op.draws().size()];
        for (int i = 0; i < op.draws().size(); i++) {
            long bits = Double.doubleToRawLongBits(op.draws().get(i));
            halves[2 * i] = (int) bits;
            halves[2 * i + 1] = (int) (bits >>> 32);
        }
        return halves;
    }
}
