package carve.cpu.jit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An assembler of x86-64 instructions, written one after the other: whole numbers in the 16 general registers, vectors of 512 bits in registers
 * 0 to 31. Operands are in Intel's order, the destination first. Loops go backward, to a {@link #position}.
 */
public final class Assembler {
    /** The F32 lanes of a vector register. */
    public static final int LANES = 16;

    private static final int CAPACITY = 64 * 1024;
    private static final int BROADCAST = 0x10;
    private static final int ZEROING = 0x80;
    private static final int ZEROED_BY_K1 = ZEROING | 1;

    private final ByteBuffer code = ByteBuffer.allocate(CAPACITY).order(ByteOrder.LITTLE_ENDIAN);

    /** Makes an assembler that has written nothing. */
    public Assembler() {}

    /** Returns what was written. */
    public byte[] bytes() {
        byte[] bytes = new byte[code.position()];
        code.get(0, bytes);
        return bytes;
    }

    /** Returns where the next instruction goes. */
    public int position() {
        return code.position();
    }

    // --- vectors
    // -----------------------------------------------------------------------------------------------------------

    /** Writes an instruction on three vectors. */
    public void vector(Instruction op, int first, int second, int third) {
        evex(op, first, second, third >> 4, third >> 3, 0);
        modRegister(first, third);
    }

    /** Writes an instruction on three vectors with a number. */
    public void vector(Instruction op, int first, int second, int third, int number) {
        vector(op, first, second, third);
        code.put((byte) number);
    }

    /** Writes an instruction on two vectors and memory. */
    public void vector(Instruction op, int first, int second, Address third) {
        memory(op, first, second, third, 0, op.unit);
    }

    /** Writes an instruction on two vectors and memory with a number. */
    public void vector(Instruction op, int first, int second, Address third, int number) {
        vector(op, first, second, third);
        code.put((byte) number);
    }

    /** Writes an instruction on two vectors and a value in memory that is repeated. */
    public void broadcast(Instruction op, int first, int second, Address third) {
        memory(op, first, second, third, BROADCAST, Float.BYTES);
    }

    /** Writes an instruction that loads the lanes which {@link #mask} says; the others are 0 and not read. */
    public void masked(Instruction op, int to, Address from) {
        memory(op, to, 0, from, ZEROED_BY_K1, op.unit);
    }

    /** Writes {@code VEXTRACTPS}: a lane of the first four goes to memory. */
    public void storeLane(Address to, int from, int lane) {
        memory(Instruction.VEXTRACTPS, from, 0, to, 0, Float.BYTES);
        code.put((byte) lane);
    }

    /** Writes {@code VEXTRACTF32X4}: one of the four parts of a vector. */
    public void extractPart(int to, int from, int part) {
        vector(Instruction.VEXTRACTF32X4, from, 0, to, part);
    }

    /** Writes {@code VEXTRACTF32X4}: one of the four parts of a vector goes to memory. */
    public void storePart(Address to, int from, int part) {
        memory(Instruction.VEXTRACTF32X4, from, 0, to, 0, Instruction.VEXTRACTF32X4.unit);
        code.put((byte) part);
    }

    /** Writes {@code VPSLLD}: a shift of each I32. */
    public void shiftLeft(int to, int from, int bits) {
        vector(Instruction.VPSLLD, 6, to, from, bits);
    }

    /** Writes {@code VPSRLD}: a shift of each I32 that fills with zeros. */
    public void shiftRight(int to, int from, int bits) {
        vector(Instruction.VPSLLD, 2, to, from, bits);
    }

    /** Writes {@code VPSRAD}: a shift of each I32 that keeps the sign. */
    public void shiftRightSigned(int to, int from, int bits) {
        vector(Instruction.VPSLLD, 4, to, from, bits);
    }

    /** Writes an instruction that changes the lanes of a mask of {@link #maskRegister}; the others stay. */
    public void merged(Instruction op, int first, int second, Address third, int mask) {
        memory(op, first, second, third, mask, op.unit);
    }

    /** Writes an instruction that changes the lanes of a mask of {@link #maskRegister}; the others stay. */
    public void merged(Instruction op, int first, int second, int third, int mask) {
        evex(op, first, second, third >> 4, third >> 3, mask);
        modRegister(first, third);
    }

    /** Writes an instruction that sets the lanes of a mask of {@link #maskRegister}; the others are 0. */
    public void zeroed(Instruction op, int first, int second, Address third, int mask) {
        memory(op, first, second, third, ZEROING | mask, op.unit);
    }

    /** Writes {@code KMOVQ}: a register's bits say which lanes a mask means, 1 to 7. */
    public void maskRegister(int mask, Register from) {
        put(0xC4, 0xC1 | (from.high() == 0 ? 0x20 : 0), 0xFB, 0x92, 0xC0 | mask << 3 | from.low());
    }

    /** Writes {@code KMOVW}: a register's low bits say which lanes {@link #masked} means. Changes {@code RAX}. */
    public void mask(int lanes) {
        put(0xB8);
        code.putInt((1 << lanes) - 1);
        put(0xC5, 0xF8, 0x92, 0xC8);
    }

    private void memory(Instruction op, int first, int second, Address third, int bits, int unit) {
        evex(
                op,
                first,
                second,
                third.hasIndex() ? third.index().high() : 0,
                third.base().high(),
                bits);
        modMemory(first, third, unit);
    }

    private void evex(Instruction op, int first, int second, int x, int b, int bits) {
        put(0x62);
        put(inverted(first >> 3, 7) | inverted(x, 6) | inverted(b, 5) | inverted(first >> 4, 4) | op.map);
        put((~second & 15) << 3 | 4 | op.prefix);
        put(op.length << 5 | inverted(second >> 4, 3) | bits);
        put(op.opcode);
    }

    private static int inverted(int value, int bit) {
        return (~value & 1) << bit;
    }

    // --- whole numbers
    // -----------------------------------------------------------------------------------------------------

    /** Writes {@code MOV}: loads 64 bits. */
    public void load(Register to, Address from) {
        rex(to, from);
        put(0x8B);
        modMemory(to.low(), from, 1);
    }

    /** Writes {@code MOVZX}: loads 16 bits, the others are 0. */
    public void loadShort(Register to, Address from) {
        rex(to, from);
        put(0x0F, 0xB7);
        modMemory(to.low(), from, 1);
    }

    /** Writes {@code MOV}: loads 32 bits, the others are 0. */
    public void loadInt(Register to, Address from) {
        rexNarrow(to, from);
        put(0x8B);
        modMemory(to.low(), from, 1);
    }

    /** Writes {@code SHL}: a shift of 64 bits. */
    public void shiftLeft(Register to, int bits) {
        put(0x48 | to.high(), 0xC1, 0xE0 | to.low(), bits);
    }

    /** Writes {@code LEA}: the address itself. */
    public void loadAddress(Register to, Address from) {
        rex(to, from);
        put(0x8D);
        modMemory(to.low(), from, 1);
    }

    /** Writes {@code MOV}: a number of 64 bits. */
    public void constant(Register to, long value) {
        put(0x48 | to.high(), 0xB8 | to.low());
        code.putLong(value);
    }

    /** Writes {@code MOV}. */
    public void copy(Register to, Register from) {
        registers(0x89, to, from);
    }

    /** Writes {@code ADD}. */
    public void add(Register to, Register value) {
        registers(0x01, to, value);
    }

    /** Writes {@code CMP}. */
    public void compare(Register one, Register other) {
        registers(0x39, one, other);
    }

    /** Writes {@code ADD}; the next {@link #jumpIfNotZero} looks at the sum. */
    public void add(Register to, int value) {
        put(0x48 | to.high(), 0x81, 0xC0 | to.low());
        code.putInt(value);
    }

    /** Writes {@code JNE}: goes back to a position unless the last sum was 0, or what was compared was equal. */
    public void jumpIfNotZero(int position) {
        put(0x0F, 0x85);
        code.putInt(position - (code.position() + Integer.BYTES));
    }

    /** Writes {@code PREFETCHT0}: asks for what will be read. */
    public void prefetch(Address from) {
        rex(Register.RCX, from);
        put(0x0F, 0x18);
        modMemory(1, from, 1);
    }

    /** Writes {@code PUSH}. */
    public void push(Register register) {
        put(0x40 | register.high(), 0x50 | register.low());
    }

    /** Writes {@code POP}. */
    public void pop(Register register) {
        put(0x40 | register.high(), 0x58 | register.low());
    }

    /** Writes {@code VZEROUPPER} and {@code RET}: the end of a function that used vectors. */
    public void ret() {
        put(0xC5, 0xF8, 0x77, 0xC3);
    }

    private void registers(int opcode, Register to, Register from) {
        put(0x48 | from.high() << 2 | to.high(), opcode, 0xC0 | from.low() << 3 | to.low());
    }

    private void rex(Register register, Address address) {
        put(0x08 | rexBits(register, address));
    }

    private void rexNarrow(Register register, Address address) {
        put(rexBits(register, address));
    }

    private static int rexBits(Register register, Address address) {
        int x = address.hasIndex() ? address.index().high() : 0;
        return 0x40 | register.high() << 2 | x << 1 | address.base().high();
    }

    // --- operands
    // ----------------------------------------------------------------------------------------------------------

    private void modRegister(int register, int other) {
        put(0xC0 | (register & 7) << 3 | other & 7);
    }

    /** Writes where the operand in memory is; distances that are small multiples of the unit take a byte. */
    private void modMemory(int register, Address at, int unit) {
        int bits = (register & 7) << 3;
        boolean near = at.displacement() % unit == 0 && (byte) (at.displacement() / unit) == at.displacement() / unit;
        int mod = near ? 0x40 : 0x80;
        if (at.hasIndex() || at.base().low() == Register.RSP.low()) {
            put(
                    mod | bits | 4,
                    at.shift() << 6 | at.index().low() << 3 | at.base().low());
        } else {
            put(mod | bits | at.base().low());
        }
        if (near) {
            put(at.displacement() / unit);
        } else {
            code.putInt(at.displacement());
        }
    }

    private void put(int... bytes) {
        for (int one : bytes) {
            code.put((byte) one);
        }
    }
}
