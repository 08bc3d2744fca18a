package carve.cpu.gemm;

import carve.cpu.memory.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Constants that machine code reads. */
final class JitConstants {
    /** The address of the table of the F32 of each F16. */
    static final long F16_TABLE = halves();
    /** The address of the constants of Q4_0, and the offset of each. */
    static final long Q4_CONSTANTS = nibbles();

    static final int FIFTEEN = 0;
    static final int MINUS_EIGHT = 4;
    static final int SIXTEENTH = 8;
    static final int MINUS_SIXTEENTH = 12;

    private JitConstants() {}

    private static long halves() {
        MemorySegment table = Arena.global().allocate(4L << Short.SIZE, NativeMemory.ALIGNMENT);
        for (int i = 0; i < 1 << Short.SIZE; i++) {
            table.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.float16ToFloat((short) i));
        }
        return table.address();
    }

    private static long nibbles() {
        MemorySegment table = Arena.global().allocate(NativeMemory.ALIGNMENT, NativeMemory.ALIGNMENT);
        table.set(ValueLayout.JAVA_INT, FIFTEEN, 15);
        table.set(ValueLayout.JAVA_FLOAT, MINUS_EIGHT, -8);
        table.set(ValueLayout.JAVA_FLOAT, SIXTEENTH, 1 / 16f);
        table.set(ValueLayout.JAVA_FLOAT, MINUS_SIXTEENTH, -1 / 16f);
        return table.address();
    }
}
