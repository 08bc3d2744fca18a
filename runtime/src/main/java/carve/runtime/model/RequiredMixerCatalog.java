package carve.runtime.model;

import carve.api.checkpoint.CheckpointException;
import carve.api.config.SettingsNode;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerCatalog;
import carve.runtime.safetensors.Checkpoint;
import java.nio.file.Path;
import java.util.Set;

/**
 * The installed mixers, for a model that already has its layers: a missing one means that a plugin is missing.
 *
 * @param model the folder of the model
 * @param installed the mixers
 */
record RequiredMixerCatalog(Path model, MixerCatalog installed) implements MixerCatalog {
    @Override
    public Set<String> names() {
        return installed.names();
    }

    @Override
    public Mixer create(String name, LayerConfig dims, SettingsNode.Section settings) {
        if (!names().contains(name)) {
            throw new CheckpointException(
                    "%s: its %s asks for mixer '%s', which is not installed; install the plugin that brings it (there are %s)"
                            .formatted(model, Checkpoint.CONFIG, name, String.join(", ", names())));
        }
        return installed.create(name, dims, settings);
    }
}
