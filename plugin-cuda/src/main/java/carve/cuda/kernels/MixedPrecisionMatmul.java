package carve.cuda.kernels;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.DTypeCode;
import carve.cuda.gpu.GpuBlas;
import carve.cuda.gpu.GpuStream;
import carve.cuda.gpu.MatmulPrecision;
import carve.cuda.kernels.PrimitiveKernels.Operand;
import java.util.List;
import java.util.Optional;

/**
 * F32 products of two matrices that may be stored in different types: read as they are stored where the library can, else cast
 * to one type, which the precision of the settings decides.
 *
 * @param device that holds the matrices
 * @param primitives the launches of products
 * @param blas the library of products
 * @param precision of the settings
 */
public record MixedPrecisionMatmul(
        Device device, PrimitiveKernels primitives, GpuBlas blas, MatmulPrecision precision) {
    /** Returns the product (M, N) of matrices (M, K) and (K, N), each transposed first if so asked. */
    Tensor product(Tensor a, Tensor b, boolean transposeA, boolean transposeB) {
        List<Tensor> alike = castToCommonType(a, b);
        Tensor product = allocate(a, b, transposeA, transposeB);
        primitives.execute(new Op.MatMul(transposeA, transposeB), operands(alike), Operand.of(product));
        return product;
    }

    /** Returns {@code x w^T + bias} (M, N) of x (M, K), w (N, K) and bias (N); nothing where that takes two passes. */
    Optional<Tensor> productWithBias(Tensor x, Tensor weight, Tensor bias) {
        List<Tensor> alike = castToCommonType(x, weight);
        Tensor sum = allocate(x, weight, false, true);
        long address = GpuStream.address(bias.cast(DType.F32));
        return primitives.matmulWithBias(operands(alike), address, Operand.of(sum))
                ? Optional.of(sum)
                : Optional.empty();
    }

    private List<Tensor> castToCommonType(Tensor a, Tensor b) {
        DType common = commonType(a.dtype(), b.dtype());
        boolean taken = common == DType.F32 && blas.supportsInputs(DTypeCode.of(a.dtype()), DTypeCode.of(b.dtype()));
        return taken ? List.of(a, b) : List.of(a.cast(common), b.cast(common));
    }

    private DType commonType(DType a, DType b) {
        boolean half = switch (precision) {
            case F32, TF32 -> false;
            case BF16 -> isBf16OrQuantised(a) || isBf16OrQuantised(b);
            case MIXED -> true;
        };
        return half ? DType.BF16 : DType.F32;
    }

    private static boolean isBf16OrQuantised(DType dtype) {
        return dtype == DType.BF16 || dtype.isQuantised();
    }

    private Tensor allocate(Tensor a, Tensor b, boolean transposeA, boolean transposeB) {
        return Tensor.allocate(device, TensorType.f32(a.extent(transposeA ? 1 : 0), b.extent(transposeB ? 0 : 1)));
    }

    private static List<Operand> operands(List<Tensor> tensors) {
        return tensors.stream().map(Operand::of).toList();
    }
}
