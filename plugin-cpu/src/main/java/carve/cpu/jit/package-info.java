/**
 * Machine code that is made while the program runs, for what vectors of Java cannot say.
 *
 * <p>A kernel is a method of Java that writes instructions with an {@link carve.cpu.jit.Assembler}, one call an instruction,
 * for operands of one size: loops over registers are loops of Java. {@link carve.cpu.jit.MachineCode} makes the bytes
 * executable and calls them, with nothing to compile at build time and nothing to warm up:
 *
 * <pre>{@code
 * var code = new Assembler();
 * code.load(Register.RAX, Address.at(Register.RDI));
 * code.ret();
 * try (MachineCode first = MachineCode.of(code.bytes())) {
 *     long value = first.call(address, 0, 0, 0, 0, 0, 0, 0);
 * }
 * }</pre>
 *
 * <p>Instructions are those of AVX-512F; functions take eight whole numbers the way x86-64 Linux passes them (System V ABI,
 * AMD64 supplement, 3.2.3).
 */
package carve.cpu.jit;
