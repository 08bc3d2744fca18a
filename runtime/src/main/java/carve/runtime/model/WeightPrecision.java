package carve.runtime.model;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;

/** The storage types of a model's parameters on a device. */
public enum WeightPrecision {
    /** Matrices as the checkpoint has them, quantised ones included, all else in F32; for running a model. */
    AS_STORED,
    /** All in F32; for training. */
    F32;

    /** Returns the type on a device of a parameter that has a type in the checkpoint; F32 where the device cannot store that. */
    public DType of(TensorType stored, Device device) {
        DType dtype = of(stored);
        return device.stores(dtype) ? dtype : DType.F32;
    }

    /** Returns the type on a device of a parameter that has a type in the checkpoint. */
    public DType of(TensorType stored) {
        boolean matrix = stored.shape().rank() == 2 && stored.dtype() != DType.F64;
        if (this != AS_STORED || !matrix || !stored.dtype().isFloating()) {
            return DType.F32;
        }
        return stored.dtype().isFloat8() ? DType.BF16 : stored.dtype(); // which holds each of its values
    }
}
