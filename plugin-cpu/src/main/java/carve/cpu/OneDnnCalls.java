package carve.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.function.Supplier;

/** The functions of oneDNN's C interface that products of matrices need; what one of them refuses is thrown. */
final class OneDnnCalls {
    private static final int CPU = 1;
    private static final int IN_ORDER = 1;
    private static final int SCRATCH_OF_USER = 1;
    private static final int QUERY_SCRATCH = 136;
    private static final int DIMENSIONS = 12;

    private final OneDnnLibrary library = OneDnnLibrary.load();
    private final MethodHandle describe =
            library.function("dnnl_memory_desc_create_with_strides", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    private final MethodHandle plan = library.function(
            "dnnl_matmul_primitive_desc_create", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    private final MethodHandle query =
            library.handle("dnnl_primitive_desc_query_md", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT, JAVA_INT));
    private final MethodHandle size =
            library.handle("dnnl_memory_desc_get_size", FunctionDescriptor.of(JAVA_LONG, ADDRESS));
    private final MethodHandle make = library.function("dnnl_primitive_create", ADDRESS, ADDRESS);
    private final MethodHandle memory = library.function("dnnl_memory_create", ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    private final MethodHandle point = library.function("dnnl_memory_set_data_handle", ADDRESS, JAVA_LONG);
    private final MethodHandle stream = library.function("dnnl_stream_create", ADDRESS, ADDRESS, JAVA_INT);
    private final MethodHandle execute =
            library.function("dnnl_primitive_execute", ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
    private final MethodHandle threads = library.function("omp_get_max_threads");
    private final MethodHandle setThreads = library.handle("omp_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));

    /** What is made by the library and has to be freed by it. */
    enum Kind {
        MEMORY_DESC,
        PRIMITIVE_DESC,
        PRIMITIVE,
        PRIMITIVE_ATTR,
        MEMORY,
        STREAM,
        ENGINE;

        private String destroy() {
            return "dnnl_%s_destroy".formatted(name().toLowerCase(Locale.ROOT));
        }
    }

    /** Frees an object. */
    void free(Kind kind, MemorySegment object) {
        OneDnnLibrary.call("free", library.function(kind.destroy(), ADDRESS), object);
    }

    /** Returns a new engine that computes on the processor. */
    MemorySegment engine() {
        return made("start", library.function("dnnl_engine_create", ADDRESS, JAVA_INT, JAVA_LONG), CPU, 0L);
    }

    /** Returns new attributes: memory to work in is given with each call. */
    MemorySegment attributes() {
        MemorySegment attributes = made("start", library.function("dnnl_primitive_attr_create", ADDRESS));
        MethodHandle set = library.function("dnnl_primitive_attr_set_scratchpad_mode", ADDRESS, JAVA_INT);
        OneDnnLibrary.call("start", set, attributes, SCRATCH_OF_USER);
        return attributes;
    }

    /** Returns the instructions of the processor that the library uses, a set of bits. */
    int instructions() {
        return (int) OneDnnLibrary.invoke(library.function("dnnl_get_effective_cpu_isa"));
    }

    /** Returns the description of a matrix in memory. */
    MemorySegment matrix(DType type, long rows, long columns, long rowStride, long columnStride) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment extents = pair(arena, rows, columns);
            MemorySegment strides = pair(arena, rowStride, columnStride);
            return made("describe a matrix", describe, 2, extents, number(type), strides);
        }
    }

    private static MemorySegment pair(SegmentAllocator arena, long first, long second) {
        MemorySegment pair = arena.allocate(JAVA_LONG, DIMENSIONS);
        pair.setAtIndex(JAVA_LONG, 0, first);
        pair.setAtIndex(JAVA_LONG, 1, second);
        return pair;
    }

    private static int number(DType type) {
        return switch (type) {
            case BF16 -> 2;
            case F32 -> 3;
            default -> throw CpuDevice.unsupported(type);
        };
    }

    /** Returns the plan of a product of described matrices. */
    MemorySegment plan(
            MemorySegment engine, MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment attributes) {
        return made("plan a product", plan, engine, a, b, MemorySegment.NULL, c, attributes);
    }

    /** Returns the description of the memory that a plan works in; it lives as long as the plan. */
    MemorySegment room(MemorySegment plan) {
        return (MemorySegment) OneDnnLibrary.invoke(query, plan, QUERY_SCRATCH, 0);
    }

    /** Returns the bytes of described memory. */
    long bytes(MemorySegment description) {
        return (long) OneDnnLibrary.invoke(size, description);
    }

    /** Returns the machine code of a plan. */
    MemorySegment primitive(MemorySegment plan) {
        return made("write the code of a product", make, plan);
    }

    /** Returns an object for described memory; where it is, {@link #point} says. */
    MemorySegment memory(MemorySegment description, MemorySegment engine) {
        return made("make a view of memory", memory, description, engine, MemorySegment.NULL);
    }

    /** Returns a new stream. */
    MemorySegment stream(MemorySegment engine) {
        return made("make a stream", stream, engine, IN_ORDER);
    }

    private static MemorySegment made(String what, MethodHandle function, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ADDRESS);
            Object[] all = new Object[arguments.length + 1];
            all[0] = out;
            System.arraycopy(arguments, 0, all, 1, arguments.length);
            OneDnnLibrary.call(what, function, all);
            return out.get(ADDRESS, 0);
        }
    }

    /** Says where memory is. */
    void point(MemorySegment object, long address) {
        int status;
        try {
            status = (int) point.invokeExact(object, address);
        } catch (Throwable e) { // what a method handle declares
            throw OneDnnLibrary.failed(e);
        }
        OneDnnLibrary.check("look at memory", status);
    }

    /** Computes; the arguments are pairs of a number and a memory object. */
    void execute(MemorySegment primitive, MemorySegment on, int count, MemorySegment arguments) {
        int status;
        try {
            status = (int) execute.invokeExact(primitive, on, count, arguments);
        } catch (Throwable e) { // what a method handle declares
            throw OneDnnLibrary.failed(e);
        }
        OneDnnLibrary.check("multiply", status);
    }

    /**
     * Returns what calls of the library with one thread of OpenMP's give; others that use OpenMP on this thread find their
     * number of threads again.
     */
    <T> T alone(Supplier<T> body) {
        try {
            int before = (int) threads.invokeExact();
            setThreads.invokeExact(1);
            try {
                return body.get();
            } finally {
                setThreads.invokeExact(before);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // what a method handle declares
            throw OneDnnLibrary.failed(e);
        }
    }
}
