package carve.cuda.kernels;

import carve.api.device.Device;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cuda.gpu.GpuProperties;
import carve.cuda.gpu.GpuStream;
import java.util.List;
import java.util.Optional;

/**
 * The parts of one device that its kernels share.
 *
 * @param device the device that holds the tensors
 * @param gpuStream the stream that launches run on
 * @param properties the properties of the GPU
 * @param matmul the products of matrices
 * @param adamW the optimizer's steps, which wait for each other
 * @param tensorCoreOptions the options by which kernels use tensor cores; none where they do not
 */
public record KernelContext(
        Device device,
        GpuStream gpuStream,
        GpuProperties properties,
        MixedPrecisionMatmul matmul,
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

    /** Returns the number of rows of one group, of which a gradient over rows is the sum. */
    static long rowsPerGroup(long rows) {
        return Math.max(GROUP, (rows + GROUP - 1) / GROUP);
    }
}
