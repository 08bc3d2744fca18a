package carve.cpu.jit;

import static carve.cpu.jit.Address.at;
import static carve.cpu.jit.Instruction.VADDPS;
import static carve.cpu.jit.Instruction.VBROADCASTF32X4;
import static carve.cpu.jit.Instruction.VBROADCASTI32X8;
import static carve.cpu.jit.Instruction.VBROADCASTSS;
import static carve.cpu.jit.Instruction.VCVTDQ2PS;
import static carve.cpu.jit.Instruction.VCVTPH2PS;
import static carve.cpu.jit.Instruction.VCVTPS2DQ;
import static carve.cpu.jit.Instruction.VDIVPS;
import static carve.cpu.jit.Instruction.VFMADD231PS;
import static carve.cpu.jit.Instruction.VFNMADD231PS;
import static carve.cpu.jit.Instruction.VMAXPS;
import static carve.cpu.jit.Instruction.VMOVSHDUP;
import static carve.cpu.jit.Instruction.VMOVUPS;
import static carve.cpu.jit.Instruction.VMOVUPS_STORE;
import static carve.cpu.jit.Instruction.VMULPS;
import static carve.cpu.jit.Instruction.VPADDB;
import static carve.cpu.jit.Instruction.VPADDD;
import static carve.cpu.jit.Instruction.VPANDD;
import static carve.cpu.jit.Instruction.VPBROADCASTD_256;
import static carve.cpu.jit.Instruction.VPBROADCASTW_256;
import static carve.cpu.jit.Instruction.VPDPBUSD;
import static carve.cpu.jit.Instruction.VPERMPS;
import static carve.cpu.jit.Instruction.VPMAXUD;
import static carve.cpu.jit.Instruction.VPMOVDB_STORE;
import static carve.cpu.jit.Instruction.VPMOVSXBD;
import static carve.cpu.jit.Instruction.VPMOVZXBD;
import static carve.cpu.jit.Instruction.VPMOVZXWD;
import static carve.cpu.jit.Instruction.VPROLVD;
import static carve.cpu.jit.Instruction.VPSHUFB;
import static carve.cpu.jit.Instruction.VPSRLVD;
import static carve.cpu.jit.Instruction.VPSUBD;
import static carve.cpu.jit.Instruction.VPTERNLOGD;
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
    void integersAreMultipliedShiftedAndChosen() {
        bytes("62 62 75 40 50 48 01", code -> code.vector(VPDPBUSD, 25, 17, at(RAX).plus(64)));
        bytes("62 42 15 40 16 c1", code -> code.vector(VPERMPS, 24, 29, 9));
        bytes("62 e2 15 40 00 55 0b", code -> code.vector(VPSHUFB, 18, 29, at(RBP).plus(704)));
        bytes("62 e3 15 40 25 55 0e ec", code -> code.vector(VPTERNLOGD, 18, 29, at(RBP).plus(896), 0xEC));
        bytes("62 03 55 48 25 ef d8", code -> code.vector(VPTERNLOGD, 29, 5, 31, 0xD8));
        bytes("62 62 15 40 15 6d 01", code -> code.vector(VPROLVD, 29, 29, at(RBP).plus(64)));
        bytes("62 82 75 40 45 ce", code -> code.vector(VPSRLVD, 17, 17, 30));
        bytes("62 c2 7d 48 5b 5a 01", code -> code.vector(VBROADCASTI32X8, 19, 0, at(R10).plus(32)));
        bytes(
                "62 42 7d 28 58 6c 32 01",
                code -> code.vector(VPBROADCASTD_256, 29, 0, at(R10, RSI, 0).plus(4)));
        bytes("62 b1 5d 40 72 d4 04", code -> code.shiftRight(20, 20, 4));
        bytes("62 f1 65 48 72 e3 08", code -> code.shiftRightSigned(3, 3, 8));
        bytes("62 f1 7d 48 5b ec", code -> code.vector(VCVTPS2DQ, 5, 0, 4));
        bytes("62 21 7e 48 16 c2", code -> code.vector(VMOVSHDUP, 24, 0, 18));
        bytes("62 f2 3d 40 bc 48 0c", code -> code.vector(VFNMADD231PS, 1, 24, at(RAX).plus(768)));
        bytes("62 d1 65 48 fe df", code -> code.vector(VPADDD, 3, 3, 15));
        bytes("62 51 65 48 fa c0", code -> code.vector(VPSUBD, 8, 3, 8));
        bytes("62 f2 7d 48 3f c3", code -> code.vector(VPMAXUD, 0, 0, 3));
        bytes("62 f1 74 48 5f cb", code -> code.vector(VMAXPS, 1, 1, 3));
        bytes("62 f1 6c 48 5e d1", code -> code.vector(VDIVPS, 2, 2, 1));
    }

    @Test
    void masksSayWhichLanesChange() {
        bytes("c4 c1 fb 92 ec", code -> code.maskRegister(5, R12));
        bytes("c4 e1 fb 92 d0", code -> code.maskRegister(2, RAX));
        bytes("62 42 7d 2a 79 42 09", code -> code.merged(VPBROADCASTW_256, 24, 0, at(R10).plus(18), 2));
        bytes("62 42 7d a9 79 42 00", code -> code.zeroed(VPBROADCASTW_256, 24, 0, at(R10), 1));
        bytes("62 81 4d 45 fc f6", code -> code.merged(VPADDB, 22, 22, 30, 5));
    }

    @Test
    void resultsAreStored() {
        bytes("62 f2 7e 48 31 5e 01", code -> code.vector(VPMOVDB_STORE, 3, 0, at(RSI).plus(16)));
        bytes("62 f1 7c 48 11 56 00", code -> code.vector(VMOVUPS_STORE, 2, 0, at(RSI)));
        bytes("62 c3 7d 48 19 62 00 02", code -> code.storePart(at(R10), 20, 2));
        bytes("62 a3 7d 08 17 5c 41 00 03", code -> code.storeLane(at(RCX, R8, 1), 19, 3));
    }

    @Test
    void wholeNumbersAreMovedAddedAndCompared() {
        bytes("4c 8b 64 24 40", code -> code.load(R12, at(RSP).plus(64)));
        bytes("4d 0f b7 7c 72 00", code -> code.loadShort(R15, at(R10, RSI, 1)));
        bytes("45 8b 62 02", code -> code.loadInt(R12, at(R10).plus(2)));
        bytes("49 c1 e5 20", code -> code.shiftLeft(R13, 32));
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
