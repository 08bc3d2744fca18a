package carve.cuda.gpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * One launch of a kernel: data, which can be compared with another and given to a graph.
 *
 * @param function the kernel's handle
 * @param grid blocks
 * @param threads of each block
 * @param arguments the bytes of all arguments, each at a multiple of 8
 * @param offsets where each argument begins
 */
public record KernelLaunch(long function, Grid grid, int threads, ByteBuffer arguments, List<Integer> offsets) {
    /** The threads of a block of every kernel. */
    public static final int THREADS = 256;

    /** The most bytes that all arguments take. */
    public static final int MAX_ARGUMENT_BYTES = 4096;

    /** Blocks along three axes. */
    public record Grid(int x, int y, int z) {
        /** Returns blocks along one axis. */
        public static Grid of(long x) {
            return new Grid(Math.toIntExact(x), 1, 1);
        }

        /** Returns blocks with a thread for each of so many elements, or fewer blocks whose threads take several. */
        public static Grid over(long elements) {
            return of(Math.clamp((elements + THREADS - 1) / THREADS, 1, 1 << 14));
        }
    }

    /** A structure among the arguments: its fields in order, each of which lies at a multiple of its own size. */
    public record StructArgument(Object... fields) {}

    /** Returns the launch with these arguments: Long (also addresses), Integer, Float, {@code int[]} or {@code long[]}, Struct. */
    static KernelLaunch of(long function, Grid grid, Object... arguments) {
        Integer[] offsets = new Integer[arguments.length];
        int end = 0;
        for (int i = 0; i < arguments.length; i++) {
            offsets[i] = aligned(end);
            end = offsets[i] + bytes(arguments[i]);
        }
        ByteBuffer bytes = ByteBuffer.allocate(aligned(end)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < arguments.length; i++) {
            put(bytes.position(offsets[i]), arguments[i]);
        }
        return new KernelLaunch(function, grid, THREADS, bytes.clear().asReadOnlyBuffer(), List.of(offsets));
    }

    private static int aligned(int offset) {
        return (offset + 7) / 8 * 8;
    }

    private static int bytes(Object argument) {
        return switch (argument) {
            case Long value -> Long.BYTES;
            case Integer value -> Integer.BYTES;
            case Float value -> Float.BYTES;
            case Boolean value -> Integer.BYTES;
            case int[] values -> Integer.BYTES * values.length;
            case long[] values -> Long.BYTES * values.length;
            case StructArgument structArgument -> {
                int sum = 0;
                for (Object field : structArgument.fields()) {
                    sum += bytes(field);
                }
                yield sum;
            }
            default -> throw new IllegalArgumentException("a kernel takes no " + argument.getClass());
        };
    }

    private static void put(ByteBuffer bytes, Object argument) {
        switch (argument) {
            case Long value -> bytes.putLong(value);
            case Integer value -> bytes.putInt(value);
            case Float value -> bytes.putFloat(value);
            case Boolean value -> bytes.putInt(value ? 1 : 0);
            case int[] values -> {
                for (int value : values) {
                    bytes.putInt(value);
                }
            }
            case long[] values -> {
                for (long value : values) {
                    bytes.putLong(value);
                }
            }
            case StructArgument structArgument -> {
                for (Object field : structArgument.fields()) {
                    put(bytes, field);
                }
            }
            default -> throw new IllegalArgumentException("a kernel takes no " + argument.getClass());
        }
    }

    /** Returns whether the arguments of two launches of one kernel are the same. */
    boolean sameArguments(KernelLaunch other) {
        return arguments.equals(other.arguments);
    }
}
