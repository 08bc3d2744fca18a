package carve.api.device;

import carve.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;

/**
 * A device whose values lie in the memory of this process, so that plain Java, or the Vector API, can compute with them.
 *
 * <pre>{@code
 * Tensor y = target.allocate(x.type());
 * MemorySegment from = target.memory(x);
 * MemorySegment to = target.memory(y);
 * int rows = x.extent(0);
 * target.parallelFor(rows, row -> add(from, to, row));   // JAVA_FLOAT.get and set, or FloatVector.fromMemorySegment
 * }</pre>
 */
public interface CpuTarget extends KernelTarget {
    /**
     * Returns the values of a tensor: native memory, little-endian, dense, row-major, as many bytes as its type has, aligned
     * to the size of an element at least. Operands are read, only results that the kernel made are written. The segment is
     * used within the call of the kernel and not kept.
     *
     * @throws DeviceException if the tensor's memory was released
     */
    MemorySegment memory(Tensor tensor);

    /** Returns the number of threads that {@link #parallelFor} has, the caller's included. */
    int threads();

    /**
     * Runs the tasks {@code 0 <= task < tasks} on the device's threads, in any order and at the same time, and returns when
     * all are done. Tasks must not depend on each other: the same bits come out with any number of threads. A task calls
     * neither this nor {@link #allocate}.
     */
    void parallelFor(int tasks, IntConsumer work);
}
