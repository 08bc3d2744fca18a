package carve.api.device.kit;

import carve.api.device.DeviceException;
import carve.api.tensor.DType;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The storage types that tensors of a device can have.
 *
 * @param device the device's name, for messages
 * @param types the types
 */
public record StorageTypes(String device, Set<DType> types) {
    private static final Set<DType> UNQUANTISED = EnumSet.of(DType.F32, DType.BF16, DType.F16, DType.I32, DType.I8);
    private static final Set<DType> COMMON = Arrays.stream(DType.values())
            .filter(dtype -> dtype.isQuantised() || UNQUANTISED.contains(dtype))
            .collect(Collectors.toUnmodifiableSet());

    /** Copies the types. */
    public StorageTypes {
        types = Collections.unmodifiableSet(EnumSet.copyOf(types));
    }

    /** Returns F32, BF16, F16, I32, I8 and all quantised types: those that models are loaded in. */
    public static StorageTypes common(String device) {
        return new StorageTypes(device, COMMON);
    }

    /** Returns whether a type is among them. */
    public boolean contains(DType dtype) {
        return types.contains(dtype);
    }

    /**
     * Returns the type if it is among them.
     *
     * @throws DeviceException if it is not
     */
    public DType require(DType dtype) {
        if (!contains(dtype)) {
            throw unsupported(dtype);
        }
        return dtype;
    }

    /** Returns the exception that refuses a type. */
    public DeviceException unsupported(DType dtype) {
        List<String> names = types.stream().map(DType::name).toList();
        String others = names.subList(0, names.size() - 1).stream().collect(Collectors.joining(", "));
        return new DeviceException(
                "%s: dtype %s is not supported; cast to %s or %s".formatted(device, dtype, others, names.getLast()));
    }
}
