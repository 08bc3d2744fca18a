package carve.runtime.quantised;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Weights of FP8 with scales: one for a matrix, for each row or for each block. A weight is {@code W (..., N, K)} with {@code
 * W_scale_inv} or {@code W_scale}, {@code (..., N/rows, K/columns)} rounded up; each value is multiplied by its scale in F32 and
 * rounded to BF16, or the scale's own type of 16 bits, as the Transformers library does ({@code Fp8Dequantize}). Scales of
 * activations are passed over: activations stay as they are.
 *
 * @param blocks the sizes of blocks that may occur
 * @param skipped the modules that are not quantised
 */
record Fp8Format(List<BlockSize> blocks, SkippedModules skipped) implements WeightFormat {
    private static final List<String> SCALES = List.of("_scale_inv", "_scale");
    private static final List<String> OF_ACTIVATIONS = List.of("input_scale", "activation_scale");
    private static final String WEIGHT = "weight";

    Fp8Format {
        blocks = List.copyOf(blocks);
    }

    @Override
    public TensorSource unpack(TensorSource stored) {
        Unpacking unpacking = new Unpacking(stored, skipped);
        for (String name : stored.names()) {
            if (stored.type(name).dtype().isFloat8()) {
                weight(unpacking, name);
            }
        }
        return unpacking.source();
    }

    private void weight(Unpacking unpacking, String name) {
        String module = name.endsWith("." + WEIGHT) ? name.substring(0, name.length() - WEIGHT.length() - 1) : name;
        OF_ACTIVATIONS.forEach(activations -> unpacking.hide(module + "." + activations));
        List<String> candidates = SCALES.stream().map(name::concat).toList();
        Optional<String> scale = unpacking.first(candidates);
        if (scale.isEmpty()) {
            unpacking.problem("'%s' is %s without a scale; expected '%s'"
                    .formatted(name, unpacking.type(name).dtype(), String.join("' or '", candidates)));
            return;
        }
        TensorType type = unpacking.type(name);
        TensorType scales = unpacking.type(scale.get());
        Optional<BlockSize> block = blocks.stream()
                .filter(size -> type.shape().rank() >= 2 && fits(size, type.shape(), scales.shape()))
                .findFirst();
        if (block.isEmpty() || !scales.dtype().isFloating()) {
            unpacking.problem("'%s' is %s, which are no scales of '%s' %s: %s"
                    .formatted(scale.get(), scales, name, type.shape(), blocks));
            return;
        }
        unpacking.hide(scale.get());
        unpacking.put(
                module,
                name,
                type.with(Unpacking.halfType(scales.dtype())),
                target -> fill(unpacking, name, scale.get(), block.get(), target));
    }

    private static boolean fits(BlockSize block, Shape weight, Shape scales) {
        long matrices = weight.size() / ((long) weight.extent(-1) * weight.extent(-2));
        int rows = block.gridRows(weight.extent(-2));
        int columns = block.gridColumns(weight.extent(-1));
        boolean grid = scales.rank() < 2 || scales.extent(-1) == columns && scales.extent(-2) == rows;
        return grid && scales.size() == matrices * rows * columns;
    }

    private static void fill(Unpacking unpacking, String name, String scale, BlockSize block, MemorySegment target) {
        TensorType type = unpacking.type(name);
        DType to = Unpacking.halfType(unpacking.type(scale).dtype());
        float[] scales = DTypeConversion.floats(unpacking.type(scale).dtype(), unpacking.data(scale));
        MemorySegment source = unpacking.data(name);
        int columns = type.shape().extent(-1);
        int rows = type.shape().extent(-2);
        int gridRows = block.gridRows(rows);
        int gridColumns = block.gridColumns(columns);
        IntStream.range(0, Math.toIntExact(type.shape().size() / columns))
                .parallel()
                .forEach(row -> {
                    int first = (row / rows * gridRows + row % rows / block.rows()) * gridColumns;
                    float[] values = new float[columns];
                    DTypeConversion.read(type.dtype(), source, (long) row * columns, values, 0, columns);
                    for (int i = 0; i < columns; i++) {
                        values[i] *= scales[first + i / block.columns()];
                    }
                    DTypeConversion.write(values, 0, columns, to, target, (long) row * columns);
                });
    }
}
