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
    /** Repeats 256 bits. */
    VBROADCASTI32X8(2, 1, 0x5B, 2, 32),
    /** Repeats an I32 in 256 bits. */
    VPBROADCASTD_256(2, 1, 0x58, 1, 4),
    /** Repeats 16 bits in 256 bits. */
    VPBROADCASTW_256(2, 1, 0x79, 1, 2),
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
    /** Converts F32 to the nearest I32. */
    VCVTPS2DQ(1, 1, 0x5B, 2, 64),
    /** Stores the low bytes of I32. */
    VPMOVDB_STORE(2, 2, 0x31, 2, 16),
    /** Adds. */
    VADDPS(1, 0, 0x58, 2, 64),
    /** Multiplies. */
    VMULPS(1, 0, 0x59, 2, 64),
    /** Divides the second by the third. */
    VDIVPS(1, 0, 0x5E, 2, 64),
    /** The greater one. */
    VMAXPS(1, 0, 0x5F, 2, 64),
    /** Adds the product of the second and the third to the first, rounded once. */
    VFMADD231PS(2, 1, 0xB8, 2, 64),
    /** Subtracts the product of the second and the third from the first, rounded once. */
    VFNMADD231PS(2, 1, 0xBC, 2, 64),
    /** Adds to each I32 of the first the four products of unsigned bytes of the second and signed ones of the third. */
    VPDPBUSD(2, 1, 0x50, 2, 64),
    /** Adds I32. */
    VPADDD(1, 1, 0xFE, 2, 64),
    /** Subtracts I32. */
    VPSUBD(1, 1, 0xFA, 2, 64),
    /** Adds bytes. */
    VPADDB(1, 1, 0xFC, 2, 64),
    /** The greater unsigned I32. */
    VPMAXUD(2, 1, 0x3F, 2, 64),
    /** Any function of three bits, by its table. */
    VPTERNLOGD(3, 1, 0x25, 2, 64),
    /** Shifts each I32 of the second right by the I32 of the third. */
    VPSRLVD(2, 1, 0x45, 2, 64),
    /** Rotates each I32 of the second left by the I32 of the third. */
    VPROLVD(2, 1, 0x15, 2, 64),
    /** And. */
    VPANDD(1, 1, 0xDB, 2, 64),
    /** Exclusive or. */
    VPXORD(1, 1, 0xEF, 2, 64),
    /** Chooses lanes of the first and the third by the numbers in the second. */
    VPERMT2PS(2, 1, 0x7F, 2, 64),
    /** Chooses lanes of the third by the numbers in the second. */
    VPERMPS(2, 1, 0x16, 2, 64),
    /** Repeats the odd lanes in the even ones. */
    VMOVSHDUP(1, 2, 0x16, 2, 64),
    /** In each 128-bit part, chooses bytes of the second by the numbers in the third; negative ones give 0. */
    VPSHUFB(2, 1, 0x00, 2, 64),
    /** Chooses two 128-bit parts of the second and two of the third. */
    VSHUFF32X4(3, 1, 0x23, 2, 64),
    /** In each 128-bit part, chooses two lanes of the second and two of the third. */
    VSHUFPS(1, 0, 0xC6, 2, 64),
    /** Shifts I32 by a number; written with {@link Assembler#shiftLeft} and its like. */
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
