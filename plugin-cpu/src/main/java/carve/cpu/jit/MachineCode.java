package carve.cpu.jit;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.device.DeviceException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A function of machine code in memory of its own, which can be executed and no longer written.
 *
 * <p>The caller answers for what the instructions do: nothing checks an address. May be called by several threads at a time.
 */
public final class MachineCode implements AutoCloseable {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;
    private static final int PRIVATE_ANONYMOUS = 0x22;

    private static final MethodHandle CALL = handle();

    private final MemorySegment function;
    private final long bytes;

    private MachineCode(long address, long bytes) {
        this.function = MemorySegment.ofAddress(address);
        this.bytes = bytes;
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
        return Linker.nativeLinker()
                .downcallHandle(FunctionDescriptor.of(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG));
    }

    /** Returns whether this is a system whose functions are called as here. */
    public static boolean isSupported() {
        return System.getProperty("os.arch").equals("amd64")
                && System.getProperty("os.name").equals("Linux");
    }

    /**
     * Makes instructions a function.
     *
     * @throws DeviceException if the system gives no memory, or does not let a program execute what it has written
     */
    public static MachineCode of(byte[] instructions) {
        long bytes = instructions.length;
        long at = call("mmap", 0, bytes, READ | WRITE, PRIVATE_ANONYMOUS, -1, 0);
        if (at == -1) {
            throw new DeviceException("out of memory allocating machine code");
        }
        MachineCode made = new MachineCode(at, bytes);
        MemorySegment.copy(MemorySegment.ofArray(instructions), 0, segment(at, bytes), 0, bytes);
        if ((int) call("mprotect", at, bytes, READ | EXECUTE, 0, 0, 0) != 0) {
            made.close();
            throw new DeviceException("the system forbids executable memory (mprotect PROT_EXEC failed)");
        }
        return made;
    }

    /** Calls the function. */
    public long call(long a, long b, long c, long d, long e, long f, long g, long h) {
        return call(function, a, b, c, d, e, f, g, h);
    }

    @Override
    public void close() {
        call("munmap", function.address(), bytes, 0, 0, 0, 0);
    }

    private static long call(String name, long a, long b, long c, long d, long e, long f) {
        MemorySegment found = Linker.nativeLinker().defaultLookup().find(name).orElseThrow();
        return call(found, a, b, c, d, e, f, 0, 0);
    }

    private static long call(MemorySegment function, long a, long b, long c, long d, long e, long f, long g, long h) {
        try {
            return (long) CALL.invokeExact(function, a, b, c, d, e, f, g, h);
        } catch (Throwable thrown) { // what a method handle declares
            throw new DeviceException("cpu: calling a machine-code kernel failed", thrown);
        }
    }

    @SuppressWarnings("restricted")
    private static MemorySegment segment(long address, long bytes) {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }
}
