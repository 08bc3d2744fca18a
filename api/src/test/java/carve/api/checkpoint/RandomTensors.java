package carve.api.checkpoint;

import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Tensors with random bytes, for tests of this package. */
final class RandomTensors {
    private RandomTensors() {}

    static TensorType type(DType dtype, int... extents) {
        return new TensorType(dtype, Shape.of(extents));
    }

    static Map<String, TensorData> random(Map<String, TensorType> types, long seed) {
        var random = new SplittableRandom(seed);
        var tensors = new LinkedHashMap<String, TensorData>();
        types.forEach((name, type) -> {
            byte[] bytes = new byte[(int) type.bytes()];
            random.nextBytes(bytes);
            tensors.put(name, new TensorData(type, MemorySegment.ofArray(bytes)));
        });
        return tensors;
    }
}
