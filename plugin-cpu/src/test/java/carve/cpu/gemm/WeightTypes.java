package carve.cpu.gemm;

import carve.api.tensor.DType;
import java.util.Arrays;
import java.util.List;

/** The storage types that weights may have on the device. */
final class WeightTypes {
    private WeightTypes() {}

    /** Returns all of them. */
    static List<DType> all() {
        return Arrays.stream(DType.values())
                .filter(dtype -> dtype.isFloating() && dtype != DType.F64 && !dtype.isFloat8())
                .toList();
    }

    /** Returns the quantised ones. */
    static List<DType> quantised() {
        return all().stream().filter(DType::isQuantised).toList();
    }
}
