package carve.cpu.jit;

import static carve.cpu.jit.Address.at;
import static carve.cpu.jit.Instruction.VADDPS;
import static carve.cpu.jit.Instruction.VBROADCASTF32X4;
import static carve.cpu.jit.Instruction.VBROADCASTSS;
import static carve.cpu.jit.Instruction.VCVTDQ2PS;
import static carve.cpu.jit.Instruction.VCVTPH2PS;
import static carve.cpu.jit.Instruction.VFMADD231PS;
import static carve.cpu.jit.Instruction.VMOVUPS;
import static carve.cpu.jit.Instruction.VMOVUPS_STORE;
import static carve.cpu.jit.Instruction.VMULPS;
import static carve.cpu.jit.Instruction.VPANDD;
import static carve.cpu.jit.Instruction.VPMOVSXBD;
import static carve.cpu.jit.Instruction.VPMOVZXBD;
import static carve.cpu.jit.Instruction.VPMOVZXWD;
import static carve.cpu.jit.Instruction.VPXORD;
import static carve.cpu.jit.Instruction.VSHUFF32X4;
import static carve.cpu.jit.Instruction.VSHUFPS;
import static carve.cpu.jit.Register.R10;
import static carve.cpu.jit.Register.R11;
import static carve.cpu.jit.Register.R12;
import static carve.cpu.jit.Register.R13;
import static carve.cpu.jit.Register.R15;
import static carve.cpu.jit.Register.R8;
import static carve.cpu.jit.Register.R9;
import static carve.cpu.jit.Register.RAX;
import static carve.cpu.jit.Register.RBP;
import static carve.cpu.jit.Register.RBX;
import static carve.cpu.jit.Register.RCX;
import static carve.cpu.jit.Register.RDI;
import static carve.cpu.jit.Register.RDX;
import static carve.cpu.jit.Register.RSI;
import static carve.cpu.jit.Register.RSP;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Each form of instruction has the bytes that objdump 2.40 reads as that instruction. */
final class AssemblerTest {
    private static void bytes(String expected, Consumer<Assembler> written) {
        Assembler code = new Assembler();
        written.accept(code);
        assertEquals(expected, HexFormat.ofDelimiter(" ").formatHex(code.bytes()));
    }

    @Test
    void vectorsAreNamedInFivePlaces() {
        bytes("62 92 75 40 b8 ee", code -> code.vector(VFMADD231PS, 5, 17, 30));
        bytes("62 c3 7d 48 23 c1 ee", code -> code.vector(VSHUFF32X4, 16, 0, 9, 0xEE));
        bytes("62 b3 7d 48 19 c1 02", code -> code.extractPart(17, 0, 2));
        bytes("62 b1 5d 40 72 f5 10", code -> code.shiftLeft(20, 21, 16));
    }

    @Test
    void memoryIsReadAsAWholeRepeatedOrMasked() {
        bytes(
                "62 01 7c 48 10 44 1a 02",
                code -> code.vector(VMOVUPS, 24, 0, at(R10, R11, 0).plus(128)));
        bytes("62 22 3d 58 b8 7c a5 00", code -> code.broadcast(VFMADD231PS, 31, 8, at(RBP, R12, 2)));
        bytes("62 f1 7c c9 10 5c 24 ff", code -> code.masked(VMOVUPS, 3, at(RSP).plus(-64)));
        bytes("b8 1f 00 00 00 c5 f8 92 c8", code -> code.mask(5));
    }

    @Test
    void distancesAreCountedInUnitsWhereTheyAre() {
        bytes("62 f2 7d 48 21 4f 01", code -> code.vector(VPMOVSXBD, 1, 0, at(RDI).plus(16)));
        bytes("62 c2 7d 48 21 85 12 00 00 00", code -> code.vector(VPMOVSXBD, 16, 0, at(R13).plus(18)));
        bytes("62 f2 7d 48 31 4f 01", code -> code.vector(VPMOVZXBD, 1, 0, at(RDI).plus(16)));
        bytes("62 f2 7d 48 33 4f 01", code -> code.vector(VPMOVZXWD, 1, 0, at(RDI).plus(32)));
        bytes("62 f2 7d 48 13 4f 01", code -> code.vector(VCVTPH2PS, 1, 0, at(RDI).plus(32)));
        bytes("62 f2 7d 48 1a 4f 01", code -> code.vector(VBROADCASTF32X4, 1, 0, at(RDI).plus(16)));
        bytes("62 f2 7d 48 18 4f 01", code -> code.vector(VBROADCASTSS, 1, 0, at(RDI).plus(4)));
    }

    @Test
    void arithmeticIsInThreeOperands() {
        Address from = at(RDI).plus(64);
        bytes("62 f1 7c 48 5b 4f 01", code -> code.vector(VCVTDQ2PS, 1, 0, from));
        bytes("62 f1 6c 48 58 4f 01", code -> code.vector(VADDPS, 1, 2, from));
        bytes("62 f1 6c 48 59 4f 01", code -> code.vector(VMULPS, 1, 2, from));
        bytes("62 f1 6d 48 db 4f 01", code -> code.vector(VPANDD, 1, 2, from));
        bytes("62 f1 6d 48 ef 4f 01", code -> code.vector(VPXORD, 1, 2, from));
        bytes("62 f1 6c 48 c6 ca 44", code -> code.vector(VSHUFPS, 1, 2, 2, 0x44));
    }

    @Test
    void resultsAreStored() {
        bytes("62 f1 7c 48 11 56 00", code -> code.vector(VMOVUPS_STORE, 2, 0, at(RSI)));
        bytes("62 c3 7d 48 19 62 00 02", code -> code.storePart(at(R10), 20, 2));
        bytes("62 a3 7d 08 17 5c 41 00 03", code -> code.storeLane(at(RCX, R8, 1), 19, 3));
    }

    @Test
    void wholeNumbersAreMovedAddedAndCompared() {
        bytes("4c 8b 64 24 40", code -> code.load(R12, at(RSP).plus(64)));
        bytes("4d 0f b7 7c 72 00", code -> code.loadShort(R15, at(R10, RSI, 1)));
        bytes("4c 8d 5c 76 00", code -> code.loadAddress(R11, at(RSI, RSI, 1)));
        bytes("49 b9 88 77 66 55 44 33 22 11", code -> code.constant(R9, 0x1122334455667788L));
        bytes("4c 89 d0", code -> code.copy(RAX, R10));
        bytes("49 01 c2", code -> code.add(R10, RAX));
        bytes("49 81 c1 ff ff ff ff", code -> code.add(R9, -1));
        bytes("48 39 d8", code -> code.compare(RAX, RBX));
        bytes("49 0f 18 8a 00 02 00 00", code -> code.prefetch(at(R10).plus(512)));
    }

    @Test
    void functionsSaveRegistersLoopAndReturn() {
        bytes("40 53 41 54 41 5c 40 5b", code -> {
            code.push(RBX);
            code.push(R12);
            code.pop(R12);
            code.pop(RBX);
        });
        bytes("48 81 c2 ff ff ff ff 0f 85 f3 ff ff ff c5 f8 77 c3", code -> {
            int next = code.position();
            code.add(RDX, -1);
            code.jumpIfNotZero(next);
            code.ret();
        });
    }

    @Test
    void anIndexIsShiftedByThreeAtMost() {
        assertEquals(
                "scale must be 2^0 to 2^3, shift is 4",
                assertThrows(IllegalArgumentException.class, () -> at(RAX, RBX, 4))
                        .getMessage());
    }
}
