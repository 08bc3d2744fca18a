package carve.cuda.kernels;

import carve.api.op.SequenceLayout;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cuda.CudaDevice;
import carve.cuda.gpu.GpuProperties;
import carve.cuda.gpu.GpuStream;
import java.util.List;
import java.util.Optional;

/**
 * What the kernels of one device share.
 *
 * @param device that holds the tensors
 * @param gpuStream that launches run on
 * @param properties they are for
 * @param adamW of the optimizer, which wait for each other
 * @param tensorCoreOptions options by which kernels use tensor cores; none where they do not
 */
public record KernelContext(
        CudaDevice device,
        GpuStream gpuStream,
        GpuProperties properties,
        MultiTensorAdamW adamW,
        List<String> tensorCoreOptions) {
    private static final int GROUP = 64;

    /** Returns a new tensor with undefined values. */
    Tensor allocate(TensorType type) {
        return Tensor.allocate(device, type);
    }

    /** Returns a new tensor of zeros. */
    Tensor zeros(TensorType type) {
        Tensor zeros = allocate(type);
        gpuStream.fill(GpuStream.address(zeros), 0, type.bytes());
        return zeros;
    }

    /** Returns a gradient, or zeros where nothing depends on the result of that type. */
    Tensor gradientOrZeros(Optional<Tensor> given, TensorType type) {
        return given.orElseGet(() -> zeros(type));
    }

    /** Returns I32 numbers for kernels. */
    Tensor intTensor(int... values) {
        return Tensors.of(device, Shape.of(values.length), values);
    }

    /** Returns (S, 2): the first row, of all B T, and the number of rows of each sequence. */
    Tensor sequenceSpans(SequenceLayout s) {
        int[] spans = new int[2 * s.count()];
        for (int i = 0; i < s.count(); i++) {
            spans[2 * i] = s.isPacked() ? s.offsets().get(i) : i * s.positions();
            spans[2 * i + 1] = s.isPacked() ? s.offsets().get(i + 1) - spans[2 * i] : s.positions();
        }
        return intTensor(spans);
    }

    /** Returns the sum of parts (groups, ...) as a tensor of a type. */
    static Tensor sumGroups(Tensor parts, TensorType type) {
        return parts.sum(0).reshape(type.shape());
    }

    /** Returns how many of so many rows one group of a gradient over rows takes. */
    static long rowsPerGroup(long rows) {
        return Math.max(GROUP, (rows + GROUP - 1) / GROUP);
    }

    /** Returns whether all operands are F32 and none is empty. */
    static boolean allF32(List<TensorType> operands) {
        return operands.stream()
                .allMatch(type -> type.dtype() == DType.F32 && type.shape().size() > 0);
    }
}
