package carve.api.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the blocks of quantised storage types, in the layouts of GGUF: the definition that kernels agree with.
 *
 * <p>A block stands for {@link DType#blockElements} elements that follow each other along the last axis, so the last extent of
 * a quantised tensor is a multiple of them. Blocks follow each other without gaps, row by row, little-endian; d, m and dmin are
 * F16, q are integers, sc and mn those of groups of elements:
 *
 * <table>
 * <caption>layouts</caption>
 * <tr><th>type</th><th>elements</th><th>bytes</th><th>content</th><th>element i</th></tr>
 * <tr><td>{@link DType#Q8_0}</td><td>32</td><td>34</td><td>d; q: 32 signed bytes</td><td>{@code d * q[i]}</td></tr>
 * <tr><td>{@link DType#Q4_0}</td><td>32</td><td>18</td><td>d; q: 4 bits, 16 bytes</td><td>{@code d * (q[i] - 8)}</td></tr>
 * <tr><td>{@link DType#Q4_1}</td><td>32</td><td>20</td><td>d; m; q: 4 bits, 16 bytes</td><td>{@code d * q[i] + m}</td></tr>
 * <tr><td>{@link DType#Q5_0}</td><td>32</td><td>22</td><td>d; the fifth bits of q, 4 bytes; the other four, 16 bytes</td>
 * <td>{@code d * (q[i] - 16)}</td></tr>
 * <tr><td>{@link DType#Q5_1}</td><td>32</td><td>24</td><td>d; m; the fifth bits of q, 4 bytes; the other four, 16 bytes</td>
 * <td>{@code d * q[i] + m}</td></tr>
 * <tr><td>{@link DType#Q4_K}</td><td>256</td><td>144</td><td>d; dmin; sc, mn: 6 bits, 12 bytes; q: 4 bits, 128 bytes</td>
 * <td>{@code (d * sc[i / 32]) * q[i] - dmin * mn[i / 32]}</td></tr>
 * <tr><td>{@link DType#Q5_K}</td><td>256</td><td>176</td><td>d; dmin; sc, mn: 6 bits, 12 bytes; the fifth bits of q, 32 bytes;
 * the other four, 128 bytes</td><td>as Q4_K</td></tr>
 * <tr><td>{@link DType#Q6_K}</td><td>256</td><td>210</td><td>the low four bits of q, 128 bytes; the high two, 64 bytes; sc: 16
 * signed bytes; d</td><td>{@code (d * sc[i / 16]) * (q[i] - 32)}</td></tr>
 * </table>
 *
 * <p>In a run of bytes with 4 bits of two elements each, the first half of the elements is in the low bits, the second half in
 * the high bits: runs are of 16 bytes, in Q4_K and Q5_K of 32, in Q6_K of 64.
 *
 * <p>Quantising follows llama.cpp (ggml-quants.c, {@code quantize_row_..._ref}) bit for bit. For Q8_0, {@code d = max|x| / 127}
 * and {@code q = round(x / d)}, ties away from zero; for Q4_0, {@code d = m / -8} with m the first element of greatest
 * magnitude and {@code q = min(15, floor(x / d + 8.5))}; for Q4_1, {@code d = (max - min) / 15};
 * with 5 bits the same, of 16 and 31. Division is multiplication by
 * the reciprocal of d in F32, and d is rounded to F16 only when it is stored. For the others, scales and minimums are
 * searched that make a weighted squared error small. After a value that is not finite, no value of its block is.
 */
public final class BlockQuantisation {
    private BlockQuantisation() {}

    /**
     * Writes what whole blocks stand for to an array.
     *
     * @param dtype a quantised type
     * @param first the index of the first block in the source
     * @param count how many blocks
     * @throws ShapeException if the type is not quantised
     */
    public static void read(DType dtype, MemorySegment source, long first, float[] target, int offset, int count) {
        BlockCodec codec = BlockCodec.of(dtype);
        for (int i = 0; i < count; i++) {
            codec.read(source, (first + i) * dtype.blockBytes(), target, offset + i * dtype.blockElements());
        }
    }

    /**
     * Quantises elements of an array to whole blocks.
     *
     * @param count how many blocks
     * @param dtype a quantised type
     * @param first the index of the first block in the target
     * @throws ShapeException if the type is not quantised
     */
    public static void write(float[] source, int offset, int count, DType dtype, MemorySegment target, long first) {
        BlockCodec codec = BlockCodec.of(dtype);
        for (int i = 0; i < count; i++) {
            int from = offset + i * dtype.blockElements();
            long at = (first + i) * dtype.blockBytes();
            if (isFinite(source, from, dtype.blockElements())) {
                codec.write(source, from, target, at);
            } else {
                target.asSlice(at, dtype.blockBytes()).fill((byte) 0);
                codec.writeNotFinite(target, at);
            }
        }
    }

    private static boolean isFinite(float[] values, int offset, int count) {
        for (int i = 0; i < count; i++) {
            if (!Float.isFinite(values[offset + i])) {
                return false;
            }
        }
        return true;
    }
}
