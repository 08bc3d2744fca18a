package carve.cuda.gpu;

import carve.api.device.DeviceException;
import carve.api.tensor.DType;

/** The numbers of storage types in kernels. */
public final class DTypeCode {
    private DTypeCode() {}

    /**
     * Returns the number of a storage type.
     *
     * @throws DeviceException if kernels have none for it
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
            case Q4_1 -> 7;
            case Q5_0 -> 8;
            case Q5_1 -> 9;
            case Q4_K -> 10;
            case Q5_K -> 11;
            case Q6_K -> 12;
            case F64, F8_E4M3, F8_E5M2, I64, I16, U8, BOOL ->
                throw new DeviceException("no kernel reads dtype %s; cast to F32 first".formatted(dtype));
        };
    }
}
