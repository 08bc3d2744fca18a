package carve.cuda.gpu;

import carve.api.device.DeviceException;
import carve.api.tensor.DType;

/** Storage types as kernels number them. */
public final class DTypeCode {
    private DTypeCode() {}

    /** Returns whether the device stores a type. */
    public static boolean isStorable(DType dtype) {
        return switch (dtype) {
            case F32, BF16, F16, I32, I8, Q8_0, Q4_0 -> true;
            case F64, I64, I16, U8, BOOL -> false;
        };
    }

    /**
     * Returns the number of a storage type.
     *
     * @throws DeviceException if the device does not compute with it
     */
    public static int of(DType dtype) {
        return switch (dtype) {
            case F32 -> 0;
            case BF16 -> 1;
            case F16 -> 2;
            case I32 -> 3;
            case I8 -> 4;
            case Q8_0 -> 5;
            case Q4_0 -> 6;
            case F64, I64, I16, U8, BOOL ->
                throw new DeviceException(
                        "cuda: %s is not computed with; convert to F32, BF16, F16, I32, I8, Q8_0 or Q4_0"
                                .formatted(dtype));
        };
    }
}
