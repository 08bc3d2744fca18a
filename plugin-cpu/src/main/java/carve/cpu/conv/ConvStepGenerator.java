package carve.cpu.conv;

import static carve.cpu.jit.Instruction.VFMADD231PS;
import static carve.cpu.jit.Instruction.VMOVUPS;
import static carve.cpu.jit.Instruction.VMOVUPS_STORE;
import static carve.cpu.jit.Instruction.VPERMT2PS;
import static carve.cpu.jit.Instruction.VSHUFF32X4;
import static carve.cpu.jit.Register.R10;
import static carve.cpu.jit.Register.R8;
import static carve.cpu.jit.Register.R9;
import static carve.cpu.jit.Register.RAX;
import static carve.cpu.jit.Register.RCX;
import static carve.cpu.jit.Register.RDI;
import static carve.cpu.jit.Register.RDX;
import static carve.cpu.jit.Register.RSI;
import static carve.cpu.jit.Register.RSP;

import carve.cpu.jit.Address;
import carve.cpu.jit.Assembler;
import carve.cpu.jit.Register;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes the machine code of {@link ConvStep}: three inputs and four taps of each of 16 channels are adjacent, and are transposed
 * to vectors along channels by choosing lanes of two vectors at a time.
 *
 * <p>The function takes the places of {@link ConvStep#run} (RDI, RSI, RDX, RCX, R8, R9) and, as its seventh argument, how many
 * times 16 channels there are.
 */
final class ConvStepGenerator {
    /** The channels that are done at a time. */
    static final int LANES = Assembler.LANES;

    private static final int VECTOR = 64;
    private static final int TAPS = 4;
    private static final int OLD = TAPS - 1;

    // the numbers of lanes, in vectors of their own: 16 + their place in the table
    private static final int FIRST_OLD = 16;
    private static final int LAST_OLD = FIRST_OLD + OLD;
    private static final int TAP = LAST_OLD + OLD;
    private static final int FIRST_NEXT = TAP + TAPS;
    private static final int LAST_NEXT = FIRST_NEXT + OLD;
    private static final int CHOICES = LAST_NEXT + OLD - FIRST_OLD;
    private static final long TABLE = table();

    private static final int SUM = 0;
    private static final int INPUT = 1;
    private static final int PAST = 2;
    private static final int LOADED = 5;
    private static final int CHOSEN = 9;
    private static final int OTHER = 10;

    private final Assembler code = new Assembler();

    private ConvStepGenerator() {}

    /** Returns the code. */
    static byte[] generate() {
        ConvStepGenerator step = new ConvStepGenerator();
        step.function();
        return step.code.bytes();
    }

    private void function() {
        code.load(R10, Address.at(RSP).plus(Long.BYTES));
        code.constant(RAX, TABLE);
        for (int i = 0; i < CHOICES; i++) {
            code.vector(VMOVUPS, FIRST_OLD + i, 0, Address.at(RAX).plus(VECTOR * i));
        }
        int again = code.position();
        past();
        sums();
        next();
        advance(RDI, 1);
        advance(RSI, TAPS);
        advance(RDX, 1);
        advance(RCX, OLD);
        advance(R8, 1);
        advance(R9, OLD);
        code.add(R10, -1);
        code.jumpIfNotZero(again);
        code.ret();
    }

    private void advance(Register place, int vectors) {
        code.add(place, vectors * VECTOR);
    }

    private void load(int to, Register from, int count) {
        for (int i = 0; i < count; i++) {
            code.vector(VMOVUPS, to + i, 0, Address.at(from).plus(i * VECTOR));
        }
    }

    private void past() {
        load(LOADED, RCX, OLD);
        for (int i = 0; i < OLD; i++) {
            code.vector(VMOVUPS, PAST + i, 0, LOADED);
            code.vector(VPERMT2PS, PAST + i, FIRST_OLD + i, LOADED + 1);
            code.vector(VPERMT2PS, PAST + i, LAST_OLD + i, LOADED + 2);
        }
    }

    private void sums() {
        load(SUM, RDX, 1);
        load(INPUT, RDI, 1);
        load(LOADED, RSI, TAPS);
        for (int i = 0; i < TAPS; i++) {
            code.vector(VMOVUPS, CHOSEN, 0, LOADED);
            code.vector(VPERMT2PS, CHOSEN, TAP + i, LOADED + 1);
            code.vector(VMOVUPS, OTHER, 0, LOADED + 2);
            code.vector(VPERMT2PS, OTHER, TAP + i, LOADED + 3);
            code.vector(VSHUFF32X4, CHOSEN, CHOSEN, OTHER, 0x44);
            code.vector(VFMADD231PS, SUM, CHOSEN, i < OLD ? PAST + i : INPUT);
        }
        code.vector(VMOVUPS_STORE, SUM, 0, Address.at(R8));
    }

    private void next() {
        for (int i = 0; i < OLD; i++) {
            code.vector(VMOVUPS, CHOSEN, 0, PAST + 1);
            code.vector(VPERMT2PS, CHOSEN, FIRST_NEXT + i, PAST + 2);
            code.vector(VPERMT2PS, CHOSEN, LAST_NEXT + i, INPUT);
            code.vector(VMOVUPS_STORE, CHOSEN, 0, Address.at(R9).plus(i * VECTOR));
        }
    }

    /** A number below 16 chooses a lane of the first vector, from 16 on of the second. */
    private static long table() {
        MemorySegment table = Arena.global().allocate((long) CHOICES * VECTOR, VECTOR);
        for (int lane = 0; lane < LANES; lane++) {
            for (int i = 0; i < OLD; i++) {
                int from = OLD * lane + i;
                choose(table, FIRST_OLD + i, lane, Math.min(from, 2 * LANES - 1));
                choose(table, LAST_OLD + i, lane, from < 2 * LANES ? lane : from - LANES);
                int channel = (LANES * i + lane) / OLD;
                int which = (LANES * i + lane) % OLD;
                choose(table, FIRST_NEXT + i, lane, which == 1 ? LANES + channel : channel);
                choose(table, LAST_NEXT + i, lane, which == 2 ? LANES + channel : lane);
            }
            for (int i = 0; i < TAPS; i++) {
                choose(table, TAP + i, lane, TAPS * (lane % 8) + i);
            }
        }
        return table.address();
    }

    private static void choose(MemorySegment table, int choice, int lane, int from) {
        table.setAtIndex(ValueLayout.JAVA_INT, (long) (choice - FIRST_OLD) * LANES + lane, from);
    }
}
