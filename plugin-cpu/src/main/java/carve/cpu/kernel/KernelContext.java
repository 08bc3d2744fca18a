package carve.cpu.kernel;

import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.CpuDevice;
import carve.cpu.conv.ConvStep;
import carve.cpu.gemm.Bf16Gemm;
import carve.cpu.gemm.Gemm;
import carve.cpu.gemm.SkinnyGemm;
import carve.cpu.memory.CpuBuffer;
import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.ThreadPool;
import java.util.List;
import java.util.Optional;

/**
 * What the kernels of one device share.
 *
 * @param device that holds the tensors
 * @param threads that run tasks
 * @param gemm that multiplies matrices
 * @param convStep that does steps of convolutions
 * @param skinnyGemm that multiplies few rows with weights
 * @param bf16Gemm that multiplies many rows with weights in few bits
 * @param batchInvariantRows up to how many rows that is
 */
public record KernelContext(
        CpuDevice device,
        ThreadPool threads,
        Gemm gemm,
        ConvStep convStep,
        SkinnyGemm skinnyGemm,
        Bf16Gemm bf16Gemm,
        int batchInvariantRows) {
    /** Returns a new tensor with arbitrary values. */
    public Tensor allocate(TensorType type) {
        return Tensor.allocate(device, type);
    }

    /** Returns a new tensor of a type if it is wanted. */
    public Optional<Tensor> allocate(boolean wanted, TensorType type) {
        return wanted ? Optional.of(allocate(type)) : Optional.empty();
    }

    /** Returns where the values of a tensor begin. */
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
        return operands.stream()
                .allMatch(type -> type.dtype() == DType.F32 && type.shape().size() > 0);
    }
}
