package carve.cpu;

import static carve.cpu.code.Instruction.VADDPS;
import static carve.cpu.code.Instruction.VFMADD231PS;
import static carve.cpu.code.Instruction.VMOVUPS;
import static carve.cpu.code.Instruction.VMOVUPS_STORE;
import static carve.cpu.code.Instruction.VMULPS;
import static carve.cpu.code.Register.RAX;
import static carve.cpu.code.Register.RDI;
import static carve.cpu.code.Register.RDX;
import static carve.cpu.code.Register.RSI;

import carve.cpu.code.Address;
import carve.cpu.code.Assembler;

/**
 * Writes the machine code that prepares x for products with Q4_0. Of each block, where x belong to the lower and x' to the upper
 * halves of 16 bytes, it writes {@code x - x' / 16}, {@code x' / 16} and {@code -8 (x + x')}, see {@link ProductCode}.
 *
 * <p>The function takes where x lies (RDI), where the result goes (RSI), and how many blocks there are (RDX).
 */
final class NibbleInputCode {
    private static final int VECTOR = 64;

    private NibbleInputCode() {}

    /** Returns the code. */
    static byte[] bytes() {
        Assembler code = new Assembler();
        code.constant(RAX, CodeTables.NIBBLES);
        Address at = Address.at(RAX);
        int next = code.position();
        code.vector(VMOVUPS, 0, 0, Address.at(RDI));
        code.vector(VMOVUPS, 1, 0, Address.at(RDI).plus(VECTOR));
        code.vector(VADDPS, 2, 0, 1);
        code.repeated(VMULPS, 2, 2, at.plus(CodeTables.MINUS_EIGHT));
        code.repeated(VFMADD231PS, 0, 1, at.plus(CodeTables.MINUS_SIXTEENTH));
        code.repeated(VMULPS, 1, 1, at.plus(CodeTables.SIXTEENTH));
        for (int i = 0; i < 3; i++) {
            code.vector(VMOVUPS_STORE, i, 0, Address.at(RSI).plus(i * VECTOR));
        }
        code.add(RDI, 2 * VECTOR);
        code.add(RSI, 3 * VECTOR);
        code.add(RDX, -1);
        code.loopUnlessZero(next);
        code.ret();
        return code.bytes();
    }
}
