package carve.runtime.quantised;

import carve.api.checkpoint.TensorSource;

/** A format of quantised weights, as {@code quantization_config} describes it. */
interface WeightFormat {
    /**
     * Returns the tensors by their plain names. Those that are not quantised are as they are stored; the others are computed when
     * they are read.
     *
     * @throws carve.api.checkpoint.CheckpointException if tensors are missing or do not go together; it tells all of them
     */
    TensorSource unpack(TensorSource stored);
}
