package carve.runtime.model;

import carve.api.checkpoint.CheckpointException;
import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.tensor.ShapeException;
import carve.runtime.io.RegularFiles;
import carve.runtime.safetensors.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The {@code config.json} of a model, from the file to the family and the model that it describes. */
final class ModelConfig {
    private static final long MAX_BYTES = 4 << 20;

    private ModelConfig() {}

    /**
     * Returns the configuration of a model.
     *
     * @throws CheckpointException if it does not exist, is too long, cannot be read or is not JSON
     */
    static JsonObject read(Path folder) {
        Path file = folder.resolve(Checkpoint.CONFIG);
        if (!RegularFiles.isPresent(file)) {
            throw new CheckpointException("%s: %s; a model is a folder with %s and %s"
                    .formatted(folder, problem(folder), Checkpoint.CONFIG, Checkpoint.WEIGHTS));
        }
        try {
            RegularFiles.requireAtMost(file, MAX_BYTES);
            return Json.readObject(file);
        } catch (JsonException e) {
            throw new CheckpointException(e.getMessage(), e);
        } catch (IOException e) {
            throw new CheckpointException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static String problem(Path folder) {
        if (Files.isDirectory(folder)) {
            return "there is no " + Checkpoint.CONFIG;
        }
        return Files.exists(folder) ? "not a folder" : "no such folder";
    }

    /**
     * Returns the family that a configuration belongs to.
     *
     * @throws CheckpointException if none or several of the families support it
     */
    static ModelFamily family(Path folder, JsonObject config, Collection<ModelFamily> families) {
        List<ModelFamily> those =
                families.stream().filter(family -> family.supports(config)).toList();
        if (those.size() == 1) {
            return those.getFirst();
        }
        throw new CheckpointException("%s: %s: %s"
                .formatted(folder, Checkpoint.CONFIG, those.isEmpty() ? unknown(config, families) : several(those)));
    }

    private static String unknown(JsonObject config, Collection<ModelFamily> families) {
        Optional<String> type = config.optionalString("model_type");
        if (type.isEmpty()) {
            return "there is no 'model_type', which says what kind of model it is";
        }
        List<String> known = families.stream()
                .flatMap(family -> family.modelTypes().stream())
                .sorted()
                .toList();
        return families.stream()
                .flatMap(family -> family.missing(config).stream())
                .findFirst()
                .map(missing -> "model_type '%s' cannot be opened: it needs %s, which is not supported"
                        .formatted(type.get(), missing))
                .orElseGet(() -> NameSuggestions.unknown("model family for model_type", type.get(), known));
    }

    private static String several(List<ModelFamily> families) {
        return "more than one model family opens it: %s; remove all plugins of them but one"
                .formatted(String.join(
                        ", ", families.stream().map(ModelFamily::name).sorted().toList()));
    }

    /**
     * Returns the model that the configuration in a folder describes.
     *
     * @throws CheckpointException if a number in it is out of its range, or sizes do not fit together
     */
    static ModelSpec spec(Path folder, JsonObject config, ModelFamily family, MixerCatalog mixers) {
        try {
            JsonObject complete = family.completeConfig(folder, config);
            return spec(folder, folder.resolve(Checkpoint.CONFIG), complete, family, mixers);
        } catch (JsonException e) {
            throw new CheckpointException("%s: %s".formatted(folder, e.getMessage()), e);
        }
    }

    /**
     * Returns the model that a configuration describes.
     *
     * @param file what messages call the configuration
     * @throws CheckpointException if a number in it is out of its range, or sizes do not fit together
     */
    static ModelSpec spec(Path folder, Path file, JsonObject config, ModelFamily family, MixerCatalog mixers) {
        ConfigRanges.check(file, config);
        try {
            return family.spec(config, new RequiredMixerCatalog(folder, mixers));
        } catch (SettingsException | ShapeException | IllegalArgumentException | ArithmeticException e) {
            throw new CheckpointException("%s: its sizes do not fit together: %s".formatted(file, e.getMessage()), e);
        }
    }
}
