package carve.cpu;

import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * What the kernels of one device share.
 *
 * @param device that holds the tensors
 * @param workers that run tasks
 * @param gemm that multiplies matrices
 * @param convStep that does steps of convolutions
 * @param fewRows that multiplies few rows with weights
 * @param bf16 that multiplies many rows with weights in few bits
 * @param exactRows up to how many rows that is
 */
record Engine(
        CpuDevice device,
        Workers workers,
        Gemm gemm,
        ConvStep convStep,
        FewRows fewRows,
        Bf16Products bf16,
        int exactRows) {
    /** Returns a new tensor with arbitrary values. */
    Tensor make(TensorType type) {
        return Tensor.allocate(device, type);
    }

    /** Returns a new tensor of a type if it is wanted. */
    Optional<Tensor> make(boolean wanted, TensorType type) {
        return wanted ? Optional.of(make(type)) : Optional.empty();
    }

    /** Returns where the values of a tensor begin. */
    static long at(Tensor tensor) {
        return ((CpuBuffer) tensor.buffer()).address();
    }

    /** Returns a gradient, or zeros where nothing depends on the result of that type. */
    Tensor gradient(Optional<Tensor> given, TensorType type) {
        return given.orElseGet(() -> {
            Tensor zeros = make(type);
            Memory.fill(at(zeros), type.bytes(), (byte) 0);
            return zeros;
        });
    }

    /** Returns whether all operands are F32 and none is empty. */
    static boolean allF32(List<TensorType> operands) {
        return operands.stream()
                .allMatch(type -> type.dtype() == DType.F32 && type.shape().size() > 0);
    }
}
