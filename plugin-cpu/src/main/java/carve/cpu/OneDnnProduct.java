package carve.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.tensor.DType;
import carve.cpu.OneDnnCalls.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The machine code for products of one shape. Threads may run it side by side. */
final class OneDnnProduct implements AutoCloseable {
    private static final int[] ARGUMENTS = {1, 33, 17, 80}; // A, B, C and memory to work in
    private static final long ARGUMENT_BYTES = 16;

    private final Arena arena = Arena.ofShared();
    private final OneDnnCalls calls;
    private final long engine;
    private final long a;
    private final long b;
    private final long c;
    private final long plan;
    private final long room;
    private final long roomBytes;
    private final long code;
    private final Queue<Call> idle = new ConcurrentLinkedQueue<>();

    /** Writes the code. */
    OneDnnProduct(OneDnnCalls calls, long engine, long attributes, OneDnn.Shape s) {
        this.calls = calls;
        this.engine = engine;
        this.a = calls.matrix(s.type(), s.m(), s.k(), s.aRow(), s.aColumn());
        this.b = calls.matrix(s.type(), s.k(), s.n(), s.bRow(), s.bColumn());
        this.c = calls.matrix(DType.F32, s.m(), s.n(), s.cRow(), 1);
        // a plan remembers for how many threads it was made
        this.plan = calls.alone(() -> calls.plan(engine, a, b, c, attributes));
        this.room = calls.room(plan);
        this.roomBytes = calls.bytes(room);
        this.code = calls.alone(() -> calls.primitive(plan));
    }

    /** What one run at a time uses. */
    private final class Call {
        private final long stream = calls.stream(engine);
        private final long[] memory = {
            calls.memory(a, engine), calls.memory(b, engine), calls.memory(c, engine), calls.memory(room, engine)
        };
        private final MemorySegment arguments = arena.allocate(ARGUMENT_BYTES * ARGUMENTS.length, 8);

        Call() {
            for (int i = 0; i < ARGUMENTS.length; i++) {
                arguments.set(JAVA_INT, ARGUMENT_BYTES * i, ARGUMENTS[i]);
                arguments.set(JAVA_LONG, ARGUMENT_BYTES * i + 8, memory[i]);
            }
        }

        void run(long... addresses) {
            for (int i = 0; i < addresses.length; i++) {
                calls.point(memory[i], addresses[i]);
            }
            calls.execute(code, stream, ARGUMENTS.length, arguments.address());
        }

        void free() {
            for (long object : memory) {
                calls.free(Kind.MEMORY, object);
            }
            calls.free(Kind.STREAM, stream);
        }
    }

    /** Multiplies on the calling thread. */
    void run(long left, long right, long result, Scratch scratch) {
        Call found = idle.poll();
        Call call = found == null ? new Call() : found;
        long work = scratch.room(roomBytes);
        calls.alone(() -> {
            call.run(left, right, result, work);
            return call;
        });
        idle.add(call);
    }

    @Override
    public void close() {
        idle.forEach(Call::free);
        calls.free(Kind.PRIMITIVE, code);
        calls.free(Kind.PRIMITIVE_DESC, plan);
        calls.free(Kind.MEMORY_DESC, a);
        calls.free(Kind.MEMORY_DESC, b);
        calls.free(Kind.MEMORY_DESC, c);
        arena.close();
    }
}
