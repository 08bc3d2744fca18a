package carve.cpu.blas;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.tensor.DType;
import carve.cpu.blas.OneDnnApi.ObjectKind;
import carve.cpu.thread.Scratchpad;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The machine code for products of one shape. Threads may run it side by side. */
final class OneDnnMatmul implements AutoCloseable {
    private static final int[] ARGUMENTS = {1, 33, 17, 80}; // A, B, C and memory to work in
    private static final long ARGUMENT_BYTES = 16;

    private final Arena arena = Arena.ofShared();
    private final OneDnnApi calls;
    private final long engine;
    private final long a;
    private final long b;
    private final long c;
    private final long descriptor;
    private final long scratchpad;
    private final long scratchpadBytes;
    private final long primitive;
    private final Queue<Execution> idle = new ConcurrentLinkedQueue<>();

    /** Writes the code. */
    OneDnnMatmul(OneDnnApi calls, long engine, long attributes, OneDnnEngine.MatmulShape s) {
        this.calls = calls;
        this.engine = engine;
        this.a = calls.memoryDescriptor(s.type(), s.m(), s.k(), s.aRow(), s.aColumn());
        this.b = calls.memoryDescriptor(s.type(), s.k(), s.n(), s.bRow(), s.bColumn());
        this.c = calls.memoryDescriptor(DType.F32, s.m(), s.n(), s.cRow(), 1);
        // a plan remembers for how many threads it was made
        this.descriptor = calls.withOneThread(() -> calls.matmulDescriptor(engine, a, b, c, attributes));
        this.scratchpad = calls.scratchpadDescriptor(descriptor);
        this.scratchpadBytes = calls.descriptorSize(scratchpad);
        this.primitive = calls.withOneThread(() -> calls.primitive(descriptor));
    }

    /** The objects of one run at a time. */
    private final class Execution {
        private final long stream = calls.stream(engine);
        private final long[] memory = {
            calls.memory(a, engine), calls.memory(b, engine), calls.memory(c, engine), calls.memory(scratchpad, engine)
        };
        private final MemorySegment arguments = arena.allocate(ARGUMENT_BYTES * ARGUMENTS.length, 8);

        Execution() {
            for (int i = 0; i < ARGUMENTS.length; i++) {
                arguments.set(JAVA_INT, ARGUMENT_BYTES * i, ARGUMENTS[i]);
                arguments.set(JAVA_LONG, ARGUMENT_BYTES * i + 8, memory[i]);
            }
        }

        void run(long... addresses) {
            for (int i = 0; i < addresses.length; i++) {
                calls.setDataHandle(memory[i], addresses[i]);
            }
            calls.execute(primitive, stream, ARGUMENTS.length, arguments.address());
        }

        void free() {
            for (long object : memory) {
                calls.free(ObjectKind.MEMORY, object);
            }
            calls.free(ObjectKind.STREAM, stream);
        }
    }

    /** Multiplies on the calling thread. */
    void run(long left, long right, long result, Scratchpad scratchpad) {
        Execution found = idle.poll();
        Execution execution = found == null ? new Execution() : found;
        try (var _ = scratchpad.frame()) {
            long work = scratchpad.nativeBuffer(scratchpadBytes);
            calls.withOneThread(() -> {
                execution.run(left, right, result, work);
                return execution;
            });
        }
        idle.add(execution);
    }

    @Override
    public void close() {
        idle.forEach(Execution::free);
        calls.free(ObjectKind.PRIMITIVE, primitive);
        calls.free(ObjectKind.PRIMITIVE_DESC, descriptor);
        calls.free(ObjectKind.MEMORY_DESC, a);
        calls.free(ObjectKind.MEMORY_DESC, b);
        calls.free(ObjectKind.MEMORY_DESC, c);
        arena.close();
    }
}
