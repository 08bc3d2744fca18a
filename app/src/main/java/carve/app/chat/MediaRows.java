package carve.app.chat;

import carve.api.data.Sample;
import carve.api.json.JsonObject;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Shape;
import carve.runtime.engine.Prompt;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The numbers of rows of media that a model has seen.
 *
 * @param counts rows by the name of the medium
 */
record MediaRows(Map<String, Integer> counts) {
    MediaRows {
        counts = Map.copyOf(counts);
    }

    /** Returns the rows of a prompt. */
    static MediaRows of(Prompt prompt) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        prompt.mediaRows()
                .forEach(row -> row.forEach(
                        (name, tensor) -> counts.merge(name, tensor.shape().extent(0), Integer::sum)));
        return new MediaRows(counts);
    }

    static MediaRows of(JsonObject json) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        json.keys().forEach(key -> counts.put(key, json.integer(key)));
        return new MediaRows(counts);
    }

    JsonObject json() {
        JsonObject json = JsonObject.empty();
        for (Map.Entry<String, Integer> entry : counts.entrySet()) {
            json = json.with(entry.getKey(), entry.getValue());
        }
        return json;
    }

    /** Returns the first so many rows of a sample's media. */
    Map<String, HostTensor> firstRows(Sample sample) {
        Map<String, HostTensor> media = new LinkedHashMap<>();
        sample.media().forEach((name, tensor) -> {
            int rows = counts.getOrDefault(name, 0);
            if (rows > 0) {
                Shape shape = tensor.shape().with(0, rows);
                media.put(name, new HostTensor(shape, Arrays.copyOf(tensor.values(), Math.toIntExact(shape.size()))));
            }
        });
        return media;
    }
}
