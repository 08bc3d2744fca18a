package carve.runtime.quantised;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/**
 * Weights of experts in MXFP4 (OCP Microscaling Formats 1.0), as gpt-oss has them: {@code W_blocks (E, N, K/32, 16)} of bytes with
 * two elements each, the lower four bits first, and {@code W_scales (E, N, K/32)} of exponents e, {@code 2^(e - 127)}. They become
 * {@code W (E, K, N)} of BF16, which holds every value, as the Transformers library has it ({@code convert_moe_packed_tensors}).
 *
 * @param skipped the modules that are not quantised
 */
record Mxfp4Format(SkippedModules skipped) implements WeightFormat {
    private static final String BLOCKS = "_blocks";
    private static final String SCALES = "_scales";
    private static final int BLOCK_BYTES = 16;
    private static final int BLOCK_ELEMENTS = 32;
    private static final int BIAS = 127;
    private static final float[] VALUES = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public TensorSource unpack(TensorSource stored) {
        Unpacking unpacking = new Unpacking(stored, skipped);
        for (String blocks : unpacking.namesWith(BLOCKS)) {
            weight(unpacking, blocks);
        }
        return unpacking.source();
    }

    private static void weight(Unpacking unpacking, String blocks) {
        String name = blocks.substring(0, blocks.length() - BLOCKS.length());
        String scales = name + SCALES;
        Shape shape = unpacking.type(blocks).shape();
        boolean fits = unpacking.has(scales)
                && shape.rank() == 4
                && shape.extent(3) == BLOCK_BYTES
                && unpacking.type(blocks).dtype() == DType.U8
                && unpacking
                        .type(scales)
                        .equals(new TensorType(DType.U8, Shape.of(shape.extent(0), shape.extent(1), shape.extent(2))));
        if (!fits) {
            String found = unpacking.has(scales) ? unpacking.type(scales).toString() : "missing";
            unpacking.problem("'%s' is %s and '%s' %s; expected U8 (E, N, K/32, 16) and U8 (E, N, K/32)"
                    .formatted(blocks, unpacking.type(blocks), scales, found));
            return;
        }
        unpacking.hide(blocks, scales);
        Shape plain = Shape.of(shape.extent(0), shape.extent(2) * BLOCK_ELEMENTS, shape.extent(1));
        unpacking.put(
                name,
                name,
                new TensorType(DType.BF16, plain),
                target -> fill(unpacking.data(blocks), unpacking.data(scales), plain, target));
    }

    /** Writes target[e, k, n], of rows {@code (e, n)} of blocks. */
    private static void fill(MemorySegment blocks, MemorySegment scales, Shape plain, MemorySegment target) {
        int inner = plain.extent(1);
        int outer = plain.extent(2);
        int perRow = inner / BLOCK_ELEMENTS;
        IntStream.range(0, Math.multiplyExact(plain.extent(0), outer))
                .parallel()
                .forEach(row -> {
                    long first = (long) (row / outer) * inner * outer + row % outer;
                    for (int k = 0; k < inner; k++) {
                        long block = (long) row * perRow + k / BLOCK_ELEMENTS;
                        int exponent = (scales.get(ValueLayout.JAVA_BYTE, block) & 0xff) - BIAS;
                        int pair = blocks.get(ValueLayout.JAVA_BYTE, block * BLOCK_BYTES + k % BLOCK_ELEMENTS / 2);
                        float value = Math.scalb(VALUES[pair >> 4 * (k % 2) & 15], exponent);
                        target.setAtIndex(BF16, first + (long) k * outer, DTypeConversion.toBf16(value));
                    }
                });
    }
}
