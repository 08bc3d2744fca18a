package carve.runtime.quantised;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Linear layers of GPTQ (Frantar et al. 2022, arXiv:2210.17323) as AutoGPTQ and GPTQModel store them, for K inputs, N outputs and G
 * groups: {@code qweight (K bits/32, N)}, the bits of each column in a row from the lowest of the first word on; {@code qzeros (G, N
 * bits/32)}, so packed along rows; {@code scales (G, N)}; {@code g_idx (K)}, the group of each input, which is in order where it is
 * missing. The first version of the format stores zeros less one, modulo {@code 2^bits}.
 *
 * @param bits the bits of a weight: 2, 3, 4 or 8
 * @param groupSize how many inputs are a group where there is no {@code g_idx}; -1 for all
 * @param lessOne whether zeros are stored less one
 */
record GptqFormat(int bits, int groupSize, boolean lessOne) implements WeightFormat {
    private static final String WEIGHTS = ".qweight";
    private static final int WORD = 32;

    @Override
    public TensorSource unpack(TensorSource stored) {
        Unpacking unpacking = new Unpacking(stored, SkippedModules.NONE);
        for (String name : unpacking.namesWith(WEIGHTS)) {
            linear(unpacking, name.substring(0, name.length() - WEIGHTS.length()));
        }
        return unpacking.source();
    }

    private void linear(Unpacking unpacking, String module) {
        String weights = module + WEIGHTS;
        String zeros = module + ".qzeros";
        String scales = module + ".scales";
        String index = module + ".g_idx";
        if (!unpacking.hasMatrices(weights, zeros, scales)) {
            return;
        }
        Shape packed = unpacking.type(weights).shape();
        int inputs = Math.toIntExact((long) packed.extent(0) * WORD / bits);
        int outputs = packed.extent(-1);
        int groups = unpacking.type(scales).shape().extent(0);
        boolean indexed = unpacking.has(index);
        boolean fits = is(unpacking, weights, DType.I32, inputs * bits / WORD, outputs)
                && is(unpacking, zeros, DType.I32, groups, outputs * bits / WORD)
                && is(unpacking, scales, unpacking.type(scales).dtype(), groups, outputs)
                && unpacking.type(scales).dtype().isFloating()
                && (indexed ? is(unpacking, index, DType.I32, inputs) : groups == Math.ceilDiv(inputs, group(inputs)));
        if (!fits) {
            unpacking.problem("'%s' %s with qzeros %s and scales %s is no layer of %d bits in groups of %d"
                    .formatted(
                            weights,
                            unpacking.type(weights),
                            unpacking.type(zeros),
                            unpacking.type(scales),
                            bits,
                            groupSize));
            return;
        }
        unpacking.hide(weights, zeros, scales, index);
        DType scaleType = unpacking.type(scales).dtype();
        TensorType plain = new TensorType(Unpacking.halfType(scaleType), Shape.of(outputs, inputs));
        unpacking.put(module, module + ".weight", plain, target -> {
            int[] group = indexed
                    ? checked(index, DTypeConversion.ints(DType.I32, unpacking.data(index)), groups)
                    : PackedLinear.consecutive(inputs, group(inputs));
            layer(unpacking.data(weights), unpacking.data(zeros), inputs, outputs, group)
                    .fill(scaleType, unpacking.data(scales), target);
        });
    }

    private int group(int inputs) {
        return groupSize < 1 ? inputs : groupSize;
    }

    private static boolean is(Unpacking unpacking, String name, DType dtype, int... extents) {
        return unpacking.type(name).equals(new TensorType(dtype, Shape.of(extents)));
    }

    private static int[] checked(String name, int[] groups, int count) {
        if (Arrays.stream(groups).anyMatch(group -> group < 0 || group >= count)) {
            throw new CheckpointException("tensor '%s' has groups out of range, there are %d".formatted(name, count));
        }
        return groups;
    }

    private PackedLinear layer(MemorySegment weights, MemorySegment zeros, int inputs, int outputs, int[] groups) {
        int[] words = DTypeConversion.ints(DType.I32, weights);
        int[] zeroWords = DTypeConversion.ints(DType.I32, zeros);
        int zeroRow = outputs * bits / WORD;
        int mask = (1 << bits) - 1;
        return new PackedLinear(
                inputs,
                outputs,
                (k, n) -> bits(words, n, outputs, k) & mask,
                (g, n) -> bits(zeroWords, g * zeroRow, 1, n) + (lessOne ? 1 : 0) & mask,
                groups);
    }

    /** Returns the bits of an element of a sequence of words, and what follows them. */
    private int bits(int[] words, int first, int stride, int element) {
        int bit = element * bits;
        int word = first + bit / WORD * stride;
        int shift = bit % WORD;
        int low = words[word] >>> shift;
        return shift + bits > WORD ? low | words[word + stride] << WORD - shift : low;
    }
}
