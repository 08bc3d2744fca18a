package carve.app.wiring;

import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import com.google.inject.Inject;
import com.google.inject.Provider;
import java.nio.file.Path;

/** Opens the folders of models with the families and mixers that are installed. Plugins are loaded with the first one. */
public final class ModelOpener {
    private final Provider<Catalogs> catalogs;

    @Inject
    ModelOpener(Provider<Catalogs> catalogs) {
        this.catalogs = catalogs;
    }

    /**
     * Opens the folder of a model, or a GGUF file; the caller closes it.
     *
     * @throws carve.api.checkpoint.CheckpointException if it has no model, or one that no installed family supports
     */
    public ModelFolder open(Path folder) {
        Catalogs installed = catalogs.get();
        return ModelFolder.open(folder, installed.families().providers(), installed.mixerCatalog());
    }
}
