package carve.cuda;

import carve.api.op.Sequences;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Optional;

/**
 * What the kernels of one device share.
 *
 * @param device that holds the tensors
 * @param stream that launches run on
 * @param card they are for
 * @param steps of the optimizer, which wait for each other
 * @param tensor options by which kernels use tensor cores; none where they do not
 */
record Engine(CudaDevice device, Stream stream, Card card, Steps steps, List<String> tensor) {
    private static final int GROUP = 64;

    /** Returns a new tensor with undefined values. */
    Tensor make(TensorType type) {
        return Tensor.allocate(device, type);
    }

    /** Returns a new tensor of zeros. */
    Tensor zeros(TensorType type) {
        Tensor zeros = make(type);
        stream.fill(Stream.at(zeros), 0, type.bytes());
        return zeros;
    }

    /** Returns a gradient, or zeros where nothing depends on the result of that type. */
    Tensor gradient(Optional<Tensor> given, TensorType type) {
        return given.orElseGet(() -> zeros(type));
    }

    /** Returns I32 numbers for kernels. */
    Tensor numbers(int... values) {
        return Tensors.of(device, Shape.of(values.length), values);
    }

    /** Returns (S, 2): the first row, of all B T, and the number of rows of each sequence. */
    Tensor spans(Sequences s) {
        int[] spans = new int[2 * s.count()];
        for (int i = 0; i < s.count(); i++) {
            spans[2 * i] = s.isPacked() ? s.offsets().get(i) : i * s.positions();
            spans[2 * i + 1] = s.isPacked() ? s.offsets().get(i + 1) - spans[2 * i] : s.positions();
        }
        return numbers(spans);
    }

    /** Returns the sum of parts (groups, ...) as a tensor of a type. */
    static Tensor sum(Tensor parts, TensorType type) {
        return parts.sum(0).reshape(type.shape());
    }

    /** Returns how many of so many rows one group of a gradient over rows takes. */
    static long group(long rows) {
        return Math.max(GROUP, (rows + GROUP - 1) / GROUP);
    }

    /** Returns whether all operands are F32 and none is empty. */
    static boolean allF32(List<TensorType> operands) {
        return operands.stream()
                .allMatch(type -> type.dtype() == DType.F32 && type.shape().size() > 0);
    }
}
