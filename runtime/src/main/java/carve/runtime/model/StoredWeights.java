package carve.runtime.model;

import carve.runtime.safetensors.StoredTensor;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of a checkpoint of one storage type, as its files have them.
 *
 * @param type the name of the type
 * @param tensors how many there are
 * @param bytes how many bytes they take together
 */
public record StoredWeights(String type, long tensors, long bytes) {
    /** Returns the types of some tensors, that of most bytes first. */
    public static List<StoredWeights> byType(Collection<StoredTensor> stored) {
        Map<String, StoredWeights> types = new LinkedHashMap<>();
        for (StoredTensor tensor : stored) {
            types.merge(tensor.type(), new StoredWeights(tensor.type(), 1, tensor.bytes()), StoredWeights::with);
        }
        return types.values().stream()
                .sorted(Comparator.comparingLong(StoredWeights::bytes)
                        .reversed()
                        .thenComparing(StoredWeights::type))
                .toList();
    }

    private StoredWeights with(StoredWeights other) {
        return new StoredWeights(type, tensors + other.tensors, bytes + other.bytes);
    }
}
