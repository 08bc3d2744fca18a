package carve.bench;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.stream.IntStream;

/** Memory far larger than caches, in huge pages where the system gives them: small ones cost up to half of the bandwidth. */
final class HugePageBuffer implements AutoCloseable {
    private static final long BYTES = 1L << 30;
    private static final long HUGE = 2L << 20;
    private static final long PAGE = 4096;
    private static final int HUGE_PAGES = 14;

    private final MemorySegment all;

    private HugePageBuffer(MemorySegment all) {
        this.all = all;
    }

    /** Returns new memory, written once. An arena would write it before anyone could ask for huge pages. */
    static HugePageBuffer allocate() {
        try {
            MethodHandle allocate =
                    call("aligned_alloc", ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
            long address = (long) allocate.invokeExact(HUGE, BYTES);
            if (address == 0) {
                throw new IllegalStateException(
                        "the system has no %d bytes for a buffer larger than caches".formatted(BYTES));
            }
            adviseHuge(address);
            MemorySegment all = global(address);
            all.fill((byte) 0);
            return new HugePageBuffer(all);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // method handles declare it, these calls cannot
            throw new IllegalStateException("allocating memory failed", e);
        }
    }

    // of a global segment no access asks whether it is still there
    @SuppressWarnings("restricted")
    private static MemorySegment global(long address) {
        return MemorySegment.ofAddress(address).reinterpret(BYTES);
    }

    private static void adviseHuge(long address) throws Throwable {
        if (System.getProperty("os.name").equals("Linux")) {
            MethodHandle advise = call(
                    "madvise",
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT);
            int ignored = (int) advise.invokeExact(address, BYTES, HUGE_PAGES); // only advice
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
    }

    /** Returns it in equal parts. */
    List<MemorySegment> slices(int count) {
        long size = BYTES / count / PAGE * PAGE;
        return IntStream.range(0, count)
                .mapToObj(i -> all.asSlice(i * size, size))
                .toList();
    }

    @Override
    @SuppressWarnings("restricted")
    public void close() {
        Linker linker = Linker.nativeLinker();
        MethodHandle free = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("free"), FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
        try {
            free.invokeExact(all.address());
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // method handles declare it, this call cannot
            throw new IllegalStateException("freeing memory failed", e);
        }
    }
}
