package carve.cpu.gemm;

import static carve.cpu.jit.Instruction.VADDPS;
import static carve.cpu.jit.Instruction.VFMADD231PS;
import static carve.cpu.jit.Instruction.VMOVUPS;
import static carve.cpu.jit.Instruction.VMOVUPS_STORE;
import static carve.cpu.jit.Instruction.VMULPS;
import static carve.cpu.jit.Register.RAX;
import static carve.cpu.jit.Register.RDI;
import static carve.cpu.jit.Register.RDX;
import static carve.cpu.jit.Register.RSI;

import carve.cpu.jit.Address;
import carve.cpu.jit.Assembler;

/**
 * Writes the machine code that prepares x for products with Q4_0. Of each block, where x belong to the lower and x' to the upper
 * halves of 16 bytes, it writes {@code x - x' / 16}, {@code x' / 16} and {@code -8 (x + x')}, see {@link SkinnyGemmGenerator}.
 *
 * <p>The function takes the address of x (RDI), that of the result (RSI), and the number of blocks (RDX).
 */
final class Q4PackingGenerator {
    private static final int VECTOR = 64;

    private Q4PackingGenerator() {}

    /** Returns the code. */
    static byte[] generate() {
        Assembler code = new Assembler();
        code.constant(RAX, JitConstants.Q4_CONSTANTS);
        Address at = Address.at(RAX);
        int next = code.position();
        code.vector(VMOVUPS, 0, 0, Address.at(RDI));
        code.vector(VMOVUPS, 1, 0, Address.at(RDI).plus(VECTOR));
        code.vector(VADDPS, 2, 0, 1);
        code.broadcast(VMULPS, 2, 2, at.plus(JitConstants.MINUS_EIGHT));
        code.broadcast(VFMADD231PS, 0, 1, at.plus(JitConstants.MINUS_SIXTEENTH));
        code.broadcast(VMULPS, 1, 1, at.plus(JitConstants.SIXTEENTH));
        for (int i = 0; i < 3; i++) {
            code.vector(VMOVUPS_STORE, i, 0, Address.at(RSI).plus(i * VECTOR));
        }
        code.add(RDI, 2 * VECTOR);
        code.add(RSI, 3 * VECTOR);
        code.add(RDX, -1);
        code.jumpIfNotZero(next);
        code.ret();
        return code.bytes();
    }
}
