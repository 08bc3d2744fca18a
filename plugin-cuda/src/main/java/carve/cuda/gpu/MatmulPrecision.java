package carve.cuda.gpu;

import java.util.List;

/** The precision in which products of F32 matrices are computed. */
public enum MatmulPrecision {
    /** In F32. */
    F32,
    /** On tensor cores, whose operands have 10 bits of fraction. */
    TF32,
    /** As F32, but where one operand is stored in BF16 or in blocks the other is rounded to BF16. */
    BF16,
    /** Both operands of a product with a weight are rounded to BF16, whatever they are stored in. */
    MIXED;

    /** Returns the options by which kernels on a card use tensor cores; none where they do not. */
    public List<String> compilerOptions(GpuProperties gpuProperties) {
        return switch (this) {
            case F32 -> List.of();
            case TF32 -> gpuProperties.isAmpereOrNewer() ? List.of("-DTENSOR=2") : List.of();
            case BF16, MIXED -> gpuProperties.isAmpereOrNewer() ? List.of("-DTENSOR=1") : List.of();
        };
    }
}
