package carve.runtime.hub;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.runtime.safetensors.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** The safetensors files of a model, as its index names them. */
final class ModelWeights {
    private ModelWeights() {}

    /** Returns whether a folder has safetensors weights, whole or not. */
    static boolean areIn(Path folder) {
        return Files.exists(folder.resolve(Checkpoint.INDEX)) || Files.exists(folder.resolve(Checkpoint.WEIGHTS));
    }

    /**
     * Returns the files that an index names.
     *
     * @throws JsonException if it has no {@code weight_map} of names
     */
    static SortedSet<String> shards(Path index) {
        JsonObject map = Json.readObject(index).object("weight_map");
        SortedSet<String> shards = new TreeSet<>();
        map.keys().forEach(tensor -> shards.add(map.string(tensor)));
        return shards;
    }

    /** Returns the files that the index of a folder names and that are not there; a broken index is the reader's to report. */
    static Set<String> missingShards(Path folder) {
        Path index = folder.resolve(Checkpoint.INDEX);
        if (!Files.isRegularFile(index)) {
            return Set.of();
        }
        try {
            SortedSet<String> shards = shards(index);
            shards.removeIf(shard -> Files.isRegularFile(folder.resolve(shard)));
            return shards;
        } catch (JsonException | java.nio.file.InvalidPathException e) {
            return Set.of();
        }
    }
}
