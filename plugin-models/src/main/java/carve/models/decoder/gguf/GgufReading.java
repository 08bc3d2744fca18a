package carve.models.decoder.gguf;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.gguf.GgufKeys;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** A GGUF file that is read, and the {@code config.json} that becomes of it. */
final class GgufReading {
    private final GgufKeys keys;
    private final TensorSource tensors;
    private JsonObject config;

    GgufReading(GgufKeys keys, TensorSource tensors, JsonObject config) {
        this.keys = keys;
        this.tensors = tensors;
        this.config = config;
    }

    GgufKeys keys() {
        return keys;
    }

    JsonObject config() {
        return config;
    }

    boolean has(String tensor) {
        return tensors.names().contains(tensor);
    }

    /** Returns the number of rows of a tensor. */
    int rows(String tensor) {
        return tensors.type(tensor).shape().extent(0);
    }

    /** Returns the values of a tensor, if it is there. */
    Optional<List<Double>> values(String tensor) {
        return has(tensor)
                ? Optional.of(Arrays.stream(
                                DTypeConversion.doubles(tensors.type(tensor).dtype(), tensors.data(tensor)))
                        .boxed()
                        .toList())
                : Optional.empty();
    }

    int layers() {
        return keys.integer("block_count");
    }

    /**
     * Returns the number of a key that files may have for each layer.
     *
     * @throws carve.api.checkpoint.CheckpointException if layers have different ones
     */
    int uniform(String key) {
        List<Integer> numbers = keys.integers(key, layers());
        if (new HashSet<>(numbers).size() != 1) {
            throw keys.error(key, "is %s; layers of different sizes are not supported".formatted(numbers));
        }
        return numbers.getFirst();
    }

    GgufReading set(String key, long value) {
        config = config.with(key, value);
        return this;
    }

    GgufReading set(String key, double value) {
        config = config.with(key, value);
        return this;
    }

    GgufReading set(String key, boolean value) {
        config = config.with(key, value);
        return this;
    }

    GgufReading set(String key, JsonValue value) {
        config = config.with(key, value);
        return this;
    }

    static JsonArray array(List<Double> numbers) {
        return new JsonArray(numbers.stream().<JsonValue>map(JsonNumber::of).toList());
    }
}
