package carve.cpu.gemm;

import carve.cpu.memory.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntUnaryOperator;

/** Constants that the machine code of products in fixed point reads: offsets from {@link #ADDRESS}. */
final class FixedPointConstants {
    private static final int VECTOR = FixedPointLayout.VECTOR;
    private static final int LANES = VECTOR / Integer.BYTES;
    private static final int HALF_LANES = LANES / 2;

    /** Masks of the low four bits of bytes. */
    static final int NIBBLES = 0;
    /** Masks of the fifth bit of bytes. */
    static final int FIFTH_BITS = VECTOR;
    /** Masks of the low five bits of bytes. */
    static final int FIVE_BITS = 16 * VECTOR;
    /** Masks of the low six bits of bytes. */
    static final int SIX_BITS = 2 * VECTOR;
    /** For each of the four vectors of a block of Q6_K, the lanes of its scales. */
    static final int Q6_SCALE_LANES = 3 * VECTOR;
    /** For the lower and the upper halves of bytes of Q5_K, rotations that bring the bits of each group to the fifth place. */
    static final int Q5_ROTATIONS = 7 * VECTOR;
    /** For the lower and the upper halves of bytes of Q6_K, rotations that bring the bits of each group to the fifth place. */
    static final int Q6_ROTATIONS = 9 * VECTOR;
    /** The bytes with the low bits of scales and minimums. */
    static final int LOW_SCALE_BYTES = 11 * VECTOR;
    /** The bytes with the high bits of scales and minimums. */
    static final int HIGH_SCALE_BYTES = 12 * VECTOR;
    /** Shifts of the low bits of scales and minimums. */
    static final int LOW_SCALE_SHIFTS = 13 * VECTOR;
    /** Masks of the low bits of scales and minimums. */
    static final int LOW_SCALE_MASKS = 14 * VECTOR;
    /** Lanes that exchange places in fours and fours. */
    static final int TRANSPOSED = 15 * VECTOR;
    /** The mask of the upper bits of scales and minimums; one I32, as all that follow. */
    static final int HIGH_SCALE_MASK = 17 * VECTOR;

    static final int THIRTY_TWO = HIGH_SCALE_MASK + 4;
    static final int MAGNITUDE = HIGH_SCALE_MASK + 8;
    static final int INVERSE_MAX = HIGH_SCALE_MASK + 12;
    static final int LEAST_SCALE = HIGH_SCALE_MASK + 16;
    static final int ONE = HIGH_SCALE_MASK + 20;
    static final int HALF_BYTE = HIGH_SCALE_MASK + 24;

    /** The address of the constants. */
    static final long ADDRESS = constants().address();

    private FixedPointConstants() {}

    private static MemorySegment constants() {
        MemorySegment table = Arena.global().allocate(HIGH_SCALE_MASK + (long) VECTOR, NativeMemory.ALIGNMENT);
        lanes(table, NIBBLES, i -> 0x0F0F0F0F);
        lanes(table, FIFTH_BITS, i -> 0x10101010);
        lanes(table, FIVE_BITS, i -> 0x1F1F1F1F);
        lanes(table, SIX_BITS, i -> 0x3F3F3F3F);
        for (int vector = 0; vector < 4; vector++) {
            int first = 4 * vector;
            lanes(table, Q6_SCALE_LANES + vector * VECTOR, i -> first + i / 4);
        }
        for (int half = 0; half < 2; half++) {
            int upper = half;
            lanes(table, Q5_ROTATIONS + half * VECTOR, i -> 4 - (i / 4 * 2 + upper));
            lanes(table, Q6_ROTATIONS + half * VECTOR, i -> 4 - 2 * (2 * upper + i / HALF_LANES));
        }
        scales(table);
        lanes(table, TRANSPOSED, i -> i % 4 * 4 + i / 4);
        table.set(ValueLayout.JAVA_INT, HIGH_SCALE_MASK, 0x30);
        table.set(ValueLayout.JAVA_FLOAT, THIRTY_TWO, 32);
        table.set(ValueLayout.JAVA_INT, MAGNITUDE, Integer.MAX_VALUE);
        table.set(ValueLayout.JAVA_FLOAT, INVERSE_MAX, 1f / FixedPointLayout.MAX);
        table.set(ValueLayout.JAVA_FLOAT, LEAST_SCALE, Float.MIN_NORMAL);
        table.set(ValueLayout.JAVA_FLOAT, ONE, 1);
        table.set(ValueLayout.JAVA_INT, HALF_BYTE, 128);
        return table;
    }

    /** Writes where the bits of scales (even lanes) and minimums (odd lanes) of groups are, see {@code BlockQuantisation}. */
    private static void scales(MemorySegment table) {
        int none = 0x80;
        int others = 0x80808000; // the upper three bytes of each lane
        lanes(table, LOW_SCALE_BYTES, i -> others | (i / 2 < 4 ? 4 + i / 2 + i % 2 * 4 : 8 + i / 2));
        lanes(table, HIGH_SCALE_BYTES, i -> others | (i / 2 < 4 ? none : i / 2 + i % 2 * 4));
        lanes(table, LOW_SCALE_SHIFTS, i -> i / 2 < 4 ? 0 : i % 2 * 4);
        lanes(table, LOW_SCALE_MASKS, i -> i / 2 < 4 ? 63 : 15);
    }

    private static void lanes(MemorySegment table, int at, IntUnaryOperator value) {
        for (int i = 0; i < LANES; i++) {
            table.set(ValueLayout.JAVA_INT, at + (long) i * Integer.BYTES, value.applyAsInt(i));
        }
    }
}
