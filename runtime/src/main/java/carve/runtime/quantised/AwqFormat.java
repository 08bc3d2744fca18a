package carve.runtime.quantised;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Linear layers of AWQ (Lin et al. 2023, arXiv:2306.00978) in AutoAWQ's layout {@code gemm}, for K inputs, N outputs and G groups:
 * {@code qweight (K, N/8)} and {@code qzeros (G, N/8)}, eight integers of 4 bits in a word, in the order 0, 2, 4, 6, 1, 3, 5, 7;
 * {@code scales (G, N)}.
 *
 * @param groupSize how many inputs are a group; -1 for all
 * @param skipped the modules that are not quantised
 */
record AwqFormat(int groupSize, SkippedModules skipped) implements WeightFormat {
    private static final String WEIGHTS = ".qweight";
    private static final int PER_WORD = 8;
    // where the output of each place lies in a word
    private static final int[] NIBBLE = {0, 4, 1, 5, 2, 6, 3, 7};

    @Override
    public TensorSource unpack(TensorSource stored) {
        Unpacking unpacking = new Unpacking(stored, skipped);
        for (String name : unpacking.namesWith(WEIGHTS)) {
            linear(unpacking, name.substring(0, name.length() - WEIGHTS.length()));
        }
        return unpacking.source();
    }

    private void linear(Unpacking unpacking, String module) {
        String weights = module + WEIGHTS;
        String zeros = module + ".qzeros";
        String scales = module + ".scales";
        if (!unpacking.hasMatrices(weights, zeros, scales)) {
            return;
        }
        Shape packed = unpacking.type(weights).shape();
        int inputs = packed.extent(0);
        int outputs = packed.extent(-1) * PER_WORD;
        int group = groupSize < 1 ? inputs : groupSize;
        int groups = inputs / group;
        DType scaleType = unpacking.type(scales).dtype();
        boolean fits = inputs % group == 0
                && unpacking.type(weights).dtype() == DType.I32
                && unpacking.type(zeros).equals(new TensorType(DType.I32, Shape.of(groups, outputs / PER_WORD)))
                && unpacking.type(scales).equals(new TensorType(scaleType, Shape.of(groups, outputs)))
                && scaleType.isFloating();
        if (!fits) {
            unpacking.problem("'%s' %s with qzeros %s and scales %s is no layer of 4 bits in groups of %d"
                    .formatted(
                            weights,
                            unpacking.type(weights),
                            unpacking.type(zeros),
                            unpacking.type(scales),
                            groupSize));
            return;
        }
        unpacking.hide(weights, zeros, scales);
        TensorType plain = new TensorType(Unpacking.halfType(scaleType), Shape.of(outputs, inputs));
        unpacking.put(
                module,
                module + ".weight",
                plain,
                target -> new PackedLinear(
                                inputs,
                                outputs,
                                integers(unpacking.data(weights), outputs),
                                integers(unpacking.data(zeros), outputs),
                                PackedLinear.consecutive(inputs, group))
                        .fill(scaleType, unpacking.data(scales), target));
    }

    private static PackedLinear.IntegerMatrix integers(MemorySegment packed, int outputs) {
        int[] words = DTypeConversion.ints(DType.I32, packed);
        int perRow = outputs / PER_WORD;
        return (row, n) -> words[row * perRow + n / PER_WORD] >> 4 * NIBBLE[n % PER_WORD] & 15;
    }
}
