package carve.runtime.model;

import carve.api.checkpoint.CheckpointException;
import carve.api.gguf.GgufFile;
import carve.runtime.hub.HubCache;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.StoredTensor;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A description of a model's folder or GGUF file, whether or not it can be run.
 *
 * @param architecture what the configuration says, text by label; empty if it cannot be read
 * @param weights the storage types of its tensors; none if there are no weights or they cannot be read
 */
public record ModelSummary(Map<String, String> architecture, List<StoredWeights> weights) {
    /** Copies both. */
    public ModelSummary {
        architecture = Collections.unmodifiableMap(new LinkedHashMap<>(architecture));
        weights = List.copyOf(weights);
    }

    /** Returns the summary of a folder, a file or a reference to the hub; what cannot be read is left out. */
    public static ModelSummary of(Path model) {
        try {
            Path path = HubCache.resolve(model);
            return GgufModels.isGgufFile(path)
                    ? ofFile(path)
                    : new ModelSummary(ArchitectureSummary.of(ModelConfig.read(path)), weights(path));
        } catch (CheckpointException e) {
            return new ModelSummary(Map.of(), List.of());
        }
    }

    private static ModelSummary ofFile(Path model) {
        try (GgufFile file = GgufFile.open(model)) {
            Collection<StoredTensor> tensors = file.names().stream()
                    .map(name -> new StoredTensor(file.storedType(name).name(), file.storedBytes(name)))
                    .toList();
            return new ModelSummary(ArchitectureSummary.of(file), StoredWeights.byType(tensors));
        }
    }

    private static List<StoredWeights> weights(Path folder) {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            return StoredWeights.byType(checkpoint.stored().values());
        } catch (CheckpointException e) {
            return List.of();
        }
    }
}
