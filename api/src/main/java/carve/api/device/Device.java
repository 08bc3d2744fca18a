package carve.api.device;

import carve.api.tensor.DType;
import carve.api.tensor.DeviceContext;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * A holder of tensors that computes with them.
 *
 * <p>A device is confined to the thread that uses it; it may use others inside. It must compute what {@link
 * ReferenceDevice} defines, to the precision of F32 accumulation. Callers use {@link carve.api.tensor.Tensor} and {@link
 * carve.api.tensor.Tensors}, which check types and keep account of memory; the methods here are for implementers.
 */
public interface Device extends AutoCloseable {
    /** Returns the name of the device, such as {@code cpu}. */
    String name();

    /** Returns the context that the device made when it was made. */
    DeviceContext context();

    /** Returns memory with undefined values for a tensor of a type. */
    Buffer allocate(TensorType type);

    /** Returns the result of a primitive; operands are on this device, and fit. Never called for {@link Op.Reshape}. */
    Buffer execute(Op op, List<Tensor> operands, TensorType result);

    /** Returns a kernel for a fused op on operands of these types, or nothing where the reference is to run. */
    Optional<Kernel> kernel(FusedOp op, List<TensorType> operands);

    /**
     * Returns whether the device holds tensors of a storage type. Weights of other types are converted when they are loaded.
     */
    default boolean stores(DType dtype) {
        return !dtype.isQuantised();
    }

    /**
     * Returns memory with a copy of values of the host.
     *
     * @param values little-endian, dense, row-major; types that the device does not compute with are refused
     */
    Buffer upload(TensorType type, MemorySegment values);

    /**
     * Returns memory for values of the host that stay where they are and never change, such as those of a mapped file: a device
     * that can read them there makes no copy. Nothing may be written to it.
     *
     * @param values as for {@link #upload}
     * @param released run once when the values are no longer needed, at the latest when the buffer is closed
     */
    default Buffer map(TensorType type, MemorySegment values, Runnable released) {
        try {
            return upload(type, values);
        } finally {
            released.run();
        }
    }

    /** Copies the values of a tensor to the host, little-endian. */
    void download(Tensor tensor, MemorySegment to);

    /**
     * Begins to copy the values of a tensor to the host. A device that computes while the host goes on does not wait here; for
     * small tensors, such as tokens.
     */
    default Download downloadAsync(Tensor tensor) {
        MemorySegment values =
                MemorySegment.ofArray(new byte[Math.toIntExact(tensor.type().bytes())]);
        download(tensor, values);
        return Download.of(values);
    }

    /**
     * Writes a tensor over part of another along one axis: {@code target[.., start + i, ..] = source[.., i, ..]}. The one
     * operation that changes a tensor; only for what a state owns.
     */
    void store(Tensor source, Tensor target, int axis, int start);

    /**
     * Returns tables that describe how the device computes, for people; may load libraries to find out whether they are available.
     * By default there are none.
     */
    default List<DetailTable> details() {
        return List.of();
    }

    /** Returns the number of the host's processors that it computes with; 1 where it has processors of its own. */
    default int threads() {
        return 1;
    }

    /**
     * Limits the host's processors that it computes with, from the next operation on, and leaves the others to devices that
     * work at the same time. Results have the same bits. By default there is no limit to set.
     */
    default void useThreads(int most) {}

    /** Waits until all operations are done. */
    default void synchronize() {}

    /** Releases all memory and threads. */
    @Override
    void close();
}
