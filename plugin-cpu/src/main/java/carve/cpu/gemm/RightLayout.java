package carve.cpu.gemm;

import carve.api.tensor.DType;
import carve.cpu.simd.Casts;

/** The storage of a right operand B (K, N). */
public enum RightLayout {
    /** F32, (K, N). */
    F32(DType.F32),
    /** F32, transposed (N, K). */
    F32_TRANSPOSED(DType.F32),
    /** BF16, transposed (N, K). */
    BF16_TRANSPOSED(DType.BF16),
    /** F16, transposed (N, K). */
    F16_TRANSPOSED(DType.F16),
    /** Q8_0, transposed (N, K), blocks along K. */
    Q8_0_TRANSPOSED(DType.Q8_0),
    /** Q4_0, transposed (N, K), blocks along K. */
    Q4_0_TRANSPOSED(DType.Q4_0),
    /** Q4_1, transposed (N, K), blocks along K. */
    Q4_1_TRANSPOSED(DType.Q4_1),
    /** Q5_0, transposed (N, K), blocks along K. */
    Q5_0_TRANSPOSED(DType.Q5_0),
    /** Q5_1, transposed (N, K), blocks along K. */
    Q5_1_TRANSPOSED(DType.Q5_1),
    /** Q4_K, transposed (N, K), blocks along K. */
    Q4_K_TRANSPOSED(DType.Q4_K),
    /** Q5_K, transposed (N, K), blocks along K. */
    Q5_K_TRANSPOSED(DType.Q5_K),
    /** Q6_K, transposed (N, K), blocks along K. */
    Q6_K_TRANSPOSED(DType.Q6_K);

    private final DType dtype;

    RightLayout(DType dtype) {
        this.dtype = dtype;
    }

    /**
     * Returns the layout of weights (N, K).
     *
     * @throws carve.api.device.DeviceException if the device does not compute with the storage type
     */
    static RightLayout transposed(DType dtype) {
        return switch (dtype) {
            case F32 -> F32_TRANSPOSED;
            case BF16 -> BF16_TRANSPOSED;
            case F16 -> F16_TRANSPOSED;
            case Q8_0 -> Q8_0_TRANSPOSED;
            case Q4_0 -> Q4_0_TRANSPOSED;
            case Q4_1 -> Q4_1_TRANSPOSED;
            case Q5_0 -> Q5_0_TRANSPOSED;
            case Q5_1 -> Q5_1_TRANSPOSED;
            case Q4_K -> Q4_K_TRANSPOSED;
            case Q5_K -> Q5_K_TRANSPOSED;
            case Q6_K -> Q6_K_TRANSPOSED;
            default -> throw Casts.unsupported(dtype);
        };
    }

    /** Returns the storage type. */
    DType dtype() {
        return dtype;
    }
}
