package carve.app.serve;

import carve.api.device.Device;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.app.plugin.Plugin;
import carve.app.plugin.ReloadablePlugins;
import carve.app.wiring.AppConfig;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.engine.DraftModel;
import carve.runtime.engine.EngineModel;
import carve.runtime.engine.ModelFiles;
import carve.runtime.hub.HubCache;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens models to be served, each on a device of its own, with the plugins as they are at that time.
 *
 * @param plugins what is installed
 * @param config the settings
 * @param prefillChunk of how many positions prompts are taken
 * @param cacheFolder where digests of files are kept; nowhere if empty
 */
public record EngineModelLoader(ReloadablePlugins plugins, AppConfig config, int prefillChunk, List<Path> cacheFolder) {
    /**
     * A draft model to be opened with a model.
     *
     * @param folder its folder
     * @param draftTokens how many tokens it proposes at a time
     */
    public record DraftOptions(Path folder, int draftTokens) {}

    /**
     * Opens a model, on the thread that is to use it.
     *
     * @param model its folder or GGUF file, or a reference to the hub's cache
     * @param drafts a draft model for speculative decoding, or none
     * @param chatTemplate the file of a chat template that takes the place of the model's own, or none
     */
    public EngineModel load(Path model, List<DraftOptions> drafts, List<Path> chatTemplate) {
        Path path = HubCache.resolve(model);
        List<AutoCloseable> held = new ArrayList<>();
        try {
            ModelFiles own = files(path);
            ModelFiles files = own;
            ReloadablePlugins.Lease lease = plugins.lease();
            held.add(lease);
            Catalogs catalogs = lease.catalogs(config.providers());
            Device device = DeviceSelector.of(catalogs, config.device(), config.kernelPolicy())
                    .open();
            held.add(device);
            ModelFolder folder = ModelFolder.open(path, catalogs.families().providers(), catalogs.mixerCatalog());
            held.add(folder);
            Processor processor = processor(folder, chatTemplate);
            LoadedModel loaded = folder.load(device, WeightPrecision.AS_STORED);
            List<DraftModel> opened = new ArrayList<>();
            for (DraftOptions draft : drafts) {
                Path draftPath = HubCache.resolve(draft.folder());
                ModelFolder draftFolder =
                        ModelFolder.open(draftPath, catalogs.families().providers(), catalogs.mixerCatalog());
                held.add(draftFolder);
                LoadedModel draftModel = draftFolder.load(device, WeightPrecision.AS_STORED);
                held.add(draftModel);
                ModelFiles draftFiles = files(draftPath);
                opened.add(new DraftModel(draftModel, draft.draftTokens(), digest(draftFiles)));
                files = files.and(draftFiles);
            }
            return new EngineModel(loaded, opened, processor, fingerprint(own, device, lease), held, files);
        } catch (RuntimeException e) {
            held.reversed().forEach(EngineModelLoader::close);
            throw e;
        }
    }

    private static Processor processor(ModelFolder folder, List<Path> chatTemplate) {
        Processor processor = folder.processor();
        try {
            return chatTemplate.isEmpty()
                    ? processor
                    : processor.withChatTemplate(
                            chatTemplate.getFirst().toString(), Files.readString(chatTemplate.getFirst()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ModelFiles files(Path model) {
        try {
            return ModelFiles.of(model);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String digest(ModelFiles files) {
        try {
            return files.digest(cacheFolder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    // another processor may add in another order, and another version may do anything
    private List<String> fingerprint(ModelFiles files, Device device, ReloadablePlugins.Lease lease) {
        List<String> identity = new ArrayList<>(List.of(
                digest(files),
                device.name(),
                config.kernelPolicy().name(),
                config.providers().toMap().toString(),
                prefillChunk + " positions",
                System.getProperty("os.arch") + " " + jdk.incubator.vector.FloatVector.SPECIES_PREFERRED));
        lease.platform().plugins().stream().map(Plugin::modules).forEach(modules -> identity.add(modules.toString()));
        return identity;
    }
}
