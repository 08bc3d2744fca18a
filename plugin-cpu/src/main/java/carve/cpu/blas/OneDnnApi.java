package carve.cpu.blas;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.tensor.DType;
import carve.cpu.blas.OneDnnLibrary.Function;
import carve.cpu.simd.Casts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.function.Supplier;

/** The functions of oneDNN's C interface that products of matrices need; objects are pointers. What one refuses is thrown. */
final class OneDnnApi {
    private static final int CPU = 1;
    private static final int IN_ORDER = 1;
    private static final int SCRATCH_OF_USER = 1;
    private static final int QUERY_SCRATCH = 136;
    private static final int DIMENSIONS = 12;

    private final OneDnnLibrary library = OneDnnLibrary.load();
    private final Function describe = library.function("dnnl_memory_desc_create_with_strides");
    private final Function plan = library.function("dnnl_matmul_primitive_desc_create");
    private final Function query = library.function("dnnl_primitive_desc_query_md");
    private final Function size = library.function("dnnl_memory_desc_get_size");
    private final Function make = library.function("dnnl_primitive_create");
    private final Function memory = library.function("dnnl_memory_create");
    private final Function point = library.function("dnnl_memory_set_data_handle");
    private final Function stream = library.function("dnnl_stream_create");
    private final Function execute = library.function("dnnl_primitive_execute");
    private final Function threads = library.function("omp_get_max_threads");
    private final Function setThreads = library.function("omp_set_num_threads");

    /** The kinds of objects that the library makes and frees. */
    enum ObjectKind {
        MEMORY_DESC,
        PRIMITIVE_DESC,
        PRIMITIVE,
        PRIMITIVE_ATTR,
        MEMORY,
        STREAM,
        ENGINE
    }

    /** Frees an object. */
    void free(ObjectKind objectKind, long object) {
        library.function("dnnl_%s_destroy".formatted(objectKind.name().toLowerCase(Locale.ROOT)))
                .callChecked(object);
    }

    /** Returns a new engine that computes on the processor. */
    long engine() {
        return create(library.function("dnnl_engine_create"), CPU, 0);
    }

    /** Returns new attributes: memory to work in is given with each call. */
    long attributes() {
        long attributes = create(library.function("dnnl_primitive_attr_create"));
        library.function("dnnl_primitive_attr_set_scratchpad_mode").callChecked(attributes, SCRATCH_OF_USER);
        return attributes;
    }

    /** Returns the instructions of the processor that the library uses, a set of bits. */
    int effectiveIsa() {
        return (int) library.function("dnnl_get_effective_cpu_isa").call();
    }

    /** Returns the description of a matrix in memory. */
    long memoryDescriptor(DType type, long rows, long columns, long rowStride, long columnStride) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment extents = arena.allocate(JAVA_LONG, DIMENSIONS);
            MemorySegment strides = arena.allocate(JAVA_LONG, DIMENSIONS);
            MemorySegment.copy(new long[] {rows, columns}, 0, extents, JAVA_LONG, 0, 2);
            MemorySegment.copy(new long[] {rowStride, columnStride}, 0, strides, JAVA_LONG, 0, 2);
            return create(describe, 2, extents.address(), dataType(type), strides.address());
        }
    }

    private static int dataType(DType type) {
        return switch (type) {
            case BF16 -> 2;
            case F32 -> 3;
            default -> throw Casts.unsupported(type);
        };
    }

    /** Returns the plan of a product of described matrices. */
    long matmulDescriptor(long engine, long a, long b, long c, long attributes) {
        return create(plan, engine, a, b, 0, c, attributes);
    }

    /** Returns the description of the memory that a plan works in; it lives as long as the plan. */
    long scratchpadDescriptor(long plan) {
        return query.call(plan, QUERY_SCRATCH, 0);
    }

    /** Returns the bytes of described memory. */
    long descriptorSize(long description) {
        return size.call(description);
    }

    /** Returns the machine code of a plan. */
    long primitive(long plan) {
        return create(make, plan);
    }

    /** Returns an object for described memory; where that is, {@link #point} says. */
    long memory(long description, long engine) {
        return create(memory, description, engine, 0);
    }

    /** Returns a new stream. */
    long stream(long engine) {
        return create(stream, engine, IN_ORDER);
    }

    // the first argument of what makes an object is where a pointer to it is written
    private static long create(Function function, long... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            long[] all = new long[arguments.length + 1];
            all[0] = out.address();
            System.arraycopy(arguments, 0, all, 1, arguments.length);
            function.callChecked(all);
            return out.get(JAVA_LONG, 0);
        }
    }

    /** Says where memory is. */
    void setDataHandle(long object, long address) {
        point.callChecked(object, address);
    }

    /** Computes; the arguments are pairs of a number and a memory object. */
    void execute(long primitive, long on, int count, long arguments) {
        execute.callChecked(primitive, on, count, arguments);
    }

    /**
     * Returns what calls of the library with one thread of OpenMP's give; others that use OpenMP on this thread find their
     * number of threads again.
     */
    <T> T withOneThread(Supplier<T> body) {
        int before = (int) threads.call();
        setThreads.call(1);
        try {
            return body.get();
        } finally {
            setThreads.call(before);
        }
    }
}
