package carve.cpu.kernel;

import carve.api.device.Device;
import carve.api.device.kit.OperandTypes;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.gemm.Gemm;
import carve.cpu.memory.CpuBuffer;
import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.ThreadPool;
import java.util.List;
import java.util.Optional;

/**
 * The services that the kernels of one device share.
 *
 * @param device the device that holds the tensors
 * @param threads the threads that run tasks
 * @param gemm the matrix products
 * @param linearName the name of the kernel of linear layers
 */
public record KernelContext(Device device, ThreadPool threads, Gemm gemm, String linearName) {
    /** Returns a new tensor with arbitrary values. */
    public Tensor allocate(TensorType type) {
        return Tensor.allocate(device, type);
    }

    /** Returns a new tensor of a type if it is wanted. */
    public Optional<Tensor> allocate(boolean wanted, TensorType type) {
        return wanted ? Optional.of(allocate(type)) : Optional.empty();
    }

    /** Returns the address of the first value of a tensor. */
    public static long addressOf(Tensor tensor) {
        return ((CpuBuffer) tensor.buffer()).address();
    }

    /** Returns a gradient, or zeros where nothing depends on the result of that type. */
    public Tensor gradientOrZeros(Optional<Tensor> given, TensorType type) {
        return given.orElseGet(() -> {
            Tensor zeros = allocate(type);
            NativeMemory.fill(addressOf(zeros), type.bytes(), (byte) 0);
            return zeros;
        });
    }

    /** Returns whether all operands are F32 and none is empty. */
    public static boolean allF32(List<TensorType> operands) {
        return OperandTypes.areF32(operands) && OperandTypes.haveElements(operands);
    }
}
