package carve.api.gguf.block;

import carve.api.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.LongStream;

/**
 * A block format that is unpacked to a type that devices compute with. No value changes: the elements of the target, read as
 * F32, are to the bit what ggml's {@code dequantize_row_*} gives.
 *
 * @param elements how many elements a block stands for
 * @param bytes the size of a block
 * @param unpacked the type it is unpacked to
 * @param unpacker the function that unpacks a block
 */
public record BlockFormat(int elements, int bytes, DType unpacked, Unpacker unpacker) {
    public static final BlockFormat Q1_0 = new BlockFormat(128, 18, DType.Q4_0, SmallIntegerBlocks::q1);
    public static final BlockFormat Q2_0 = new BlockFormat(64, 18, DType.Q4_0, SmallIntegerBlocks::q2);
    public static final BlockFormat TQ1_0 = new BlockFormat(256, 54, DType.Q4_0, SmallIntegerBlocks::ternaryBaseThree);
    public static final BlockFormat TQ2_0 = new BlockFormat(256, 66, DType.Q4_0, SmallIntegerBlocks::ternaryTwoBits);
    public static final BlockFormat Q2_K = new BlockFormat(256, 84, DType.F32, KBlocks::q2);
    public static final BlockFormat Q3_K = new BlockFormat(256, 110, DType.Q6_K, KBlocks::q3);
    public static final BlockFormat IQ1_S = new BlockFormat(256, 50, DType.F32, OneBitCodebooks::s);
    public static final BlockFormat IQ1_M = new BlockFormat(256, 56, DType.F32, OneBitCodebooks::m);
    public static final BlockFormat IQ2_XXS = new BlockFormat(256, 66, DType.F32, TwoBitCodebooks::xxs);
    public static final BlockFormat IQ2_XS = new BlockFormat(256, 74, DType.F32, TwoBitCodebooks::xs);
    public static final BlockFormat IQ2_S = new BlockFormat(256, 82, DType.F32, TwoBitCodebooks::s);
    public static final BlockFormat IQ3_XXS = new BlockFormat(256, 98, DType.F32, ThreeBitCodebooks::xxs);
    public static final BlockFormat IQ3_S = new BlockFormat(256, 110, DType.Q6_K, ThreeBitCodebooks::s);
    public static final BlockFormat IQ4_NL = new BlockFormat(32, 18, DType.Q8_0, NonLinearBlocks::iq4Nl);
    public static final BlockFormat IQ4_XS = new BlockFormat(256, 136, DType.F32, NonLinearBlocks::iq4Xs);
    public static final BlockFormat MXFP4 = new BlockFormat(32, 17, DType.BF16, FourBitFloats::mxfp4);
    public static final BlockFormat NVFP4 = new BlockFormat(64, 36, DType.BF16, FourBitFloats::nvfp4);

    // some hundred thousand elements for each task
    private static final int BLOCKS_PER_TASK = 2048;
    private static final Unpacker UNCHANGED = (block, target) -> System.arraycopy(block, 0, target, 0, block.length);

    /** A function that unpacks one block. */
    @FunctionalInterface
    public interface Unpacker {
        /**
         * Writes what a block stands for.
         *
         * @param block the bytes of the block
         * @param target the bytes of as many elements of the unpacked type, all of which are set
         */
        void unpack(byte[] block, byte[] target);
    }

    /** Returns the format of tensors of a type that stays as it is. */
    public static BlockFormat unchanged(DType dtype) {
        return new BlockFormat(dtype.blockElements(), dtype.blockBytes(), dtype, UNCHANGED);
    }

    /** Returns whether tensors are of another type after unpacking. */
    public boolean isUnpacked() {
        return unpacker != UNCHANGED;
    }

    /**
     * Returns the blocks of a tensor unpacked, in memory that the collector frees; the source itself where nothing changes. Several
     * threads share the work.
     *
     * @param source whole blocks
     */
    public MemorySegment unpack(MemorySegment source) {
        if (!isUnpacked()) {
            return source;
        }
        long blocks = source.byteSize() / bytes;
        long targetBytes = unpacked.bytes(blocks * elements);
        MemorySegment target =
                Arena.ofAuto().allocate(Math.max(1, targetBytes), Long.BYTES).asSlice(0, targetBytes);
        LongStream.range(0, Math.ceilDiv(blocks, BLOCKS_PER_TASK))
                .parallel()
                .forEach(task ->
                        unpack(source, target, task * BLOCKS_PER_TASK, Math.min(blocks, (task + 1) * BLOCKS_PER_TASK)));
        return target;
    }

    private void unpack(MemorySegment source, MemorySegment target, long from, long to) {
        byte[] block = new byte[bytes];
        byte[] values = new byte[Math.toIntExact(unpacked.bytes(elements))];
        for (long i = from; i < to; i++) {
            MemorySegment.copy(source, BlockBytes.BYTE, i * bytes, block, 0, block.length);
            unpacker.unpack(block, values);
            MemorySegment.copy(values, 0, target, BlockBytes.BYTE, i * values.length, values.length);
        }
    }
}
