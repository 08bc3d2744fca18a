package carve.cpu.jit;

/**
 * The instructions on vectors that kernels use, with their encoding: opcode map, prefix, opcode, log2 of 128-bit units, and the
 * bytes that they read of memory, by which short distances are counted (Intel, Software Developer's Manual, volume 2, 2.7.5).
 */
public enum Instruction {
    /** Loads a vector, or copies one. */
    VMOVUPS(1, 0, 0x10, 2, 64),
    /** Stores a vector. */
    VMOVUPS_STORE(1, 0, 0x11, 2, 64),
    /** Repeats an F32. */
    VBROADCASTSS(2, 1, 0x18, 2, 4),
    /** Repeats 128 bits. */
    VBROADCASTF32X4(2, 1, 0x1A, 2, 16),
    /** Widens signed bytes to I32. */
    VPMOVSXBD(2, 1, 0x21, 2, 16),
    /** Widens unsigned bytes to I32. */
    VPMOVZXBD(2, 1, 0x31, 2, 16),
    /** Widens unsigned 16-bit integers to I32. */
    VPMOVZXWD(2, 1, 0x33, 2, 32),
    /** Widens F16 to F32. */
    VCVTPH2PS(2, 1, 0x13, 2, 32),
    /** Converts I32 to F32. */
    VCVTDQ2PS(1, 0, 0x5B, 2, 64),
    /** Adds. */
    VADDPS(1, 0, 0x58, 2, 64),
    /** Multiplies. */
    VMULPS(1, 0, 0x59, 2, 64),
    /** Adds the product of the second and the third to the first, rounded once. */
    VFMADD231PS(2, 1, 0xB8, 2, 64),
    /** And. */
    VPANDD(1, 1, 0xDB, 2, 64),
    /** Exclusive or. */
    VPXORD(1, 1, 0xEF, 2, 64),
    /** Chooses lanes of the first and the third by the numbers in the second. */
    VPERMT2PS(2, 1, 0x7F, 2, 64),
    /** Chooses two 128-bit parts of the second and two of the third. */
    VSHUFF32X4(3, 1, 0x23, 2, 64),
    /** In each 128-bit part, chooses two lanes of the second and two of the third. */
    VSHUFPS(1, 0, 0xC6, 2, 64),
    /** Shifts I32 to the left; written with {@link Assembler#shiftLeft}. */
    VPSLLD(1, 1, 0x72, 2, 64),
    /** Takes a 128-bit part of the first operand written, into the last, which may be memory. */
    VEXTRACTF32X4(3, 1, 0x19, 2, 16),
    /** Stores a lane of the first 128 bits. */
    VEXTRACTPS(3, 1, 0x17, 0, 4);

    final int map;
    final int prefix;
    final int opcode;
    final int length;
    final int unit;

    Instruction(int map, int prefix, int opcode, int length, int unit) {
        this.map = map;
        this.prefix = prefix;
        this.opcode = opcode;
        this.length = length;
        this.unit = unit;
    }
}
