package carve.cpu.jit;

import static carve.cpu.jit.Address.at;
import static carve.cpu.jit.Register.R8;
import static carve.cpu.jit.Register.RAX;
import static carve.cpu.jit.Register.RDI;
import static carve.cpu.jit.Register.RSP;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.testkit.LoggedAssumptions;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Instructions that were just written are executed, with eight arguments. */
final class MachineCodeTest {
    @Test
    void aFunctionReadsItsArgumentsAndMemory() {
        LoggedAssumptions.assumeTrue(MachineCode.isSupported(), "machine code is for x86-64 Linux");
        Assembler code = new Assembler();
        code.load(RAX, at(RDI));
        code.add(RAX, R8);
        code.load(R8, at(RSP).plus(16));
        code.add(RAX, R8);
        code.ret();
        try (Arena arena = Arena.ofConfined();
                MachineCode function = MachineCode.of(code.bytes())) {
            long from = arena.allocateFrom(ValueLayout.JAVA_LONG, 40).address();
            assertEquals(40 + 500 + 8000, function.call(from, 0, 0, 0, 500, 0, 7, 8000));
        }
    }

    @Test
    void codeOfManyPagesIsExecuted() {
        LoggedAssumptions.assumeTrue(MachineCode.isSupported(), "machine code is for x86-64 Linux");
        Assembler code = new Assembler();
        code.copy(RAX, RDI);
        for (int i = 0; i < 3000; i++) {
            code.add(RAX, i);
        }
        code.ret();
        try (MachineCode function = MachineCode.of(code.bytes())) {
            assertEquals(7 + 3000 * 2999 / 2, function.call(7, 0, 0, 0, 0, 0, 0, 0));
        }
    }
}
