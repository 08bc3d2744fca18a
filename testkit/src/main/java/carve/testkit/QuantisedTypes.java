package carve.testkit;

import carve.api.tensor.DType;
import java.util.Arrays;
import java.util.List;

/** The storage types of weights in blocks, all of which contracts ask for. */
final class QuantisedTypes {
    private QuantisedTypes() {}

    /** Returns all quantised types. */
    static List<DType> all() {
        return Arrays.stream(DType.values()).filter(DType::isQuantised).toList();
    }
}
