package carve.app.plugin;

import carve.api.data.DatasetGenerator;
import carve.api.data.DatasetProvider;
import carve.api.decoder.DecoderArchitecture;
import carve.api.device.DeviceProvider;
import carve.api.device.KernelProvider;
import carve.api.loss.LossProvider;
import carve.api.mixer.MixerProvider;
import carve.api.model.ModelFamily;
import carve.api.stage.LearningRateScheduleProvider;
import carve.api.stage.OptimizerProvider;
import carve.api.stage.StageProvider;
import carve.runtime.catalog.Catalogs;
import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The service providers of module layers. */
final class ServiceProviders {
    private ServiceProviders() {}

    /** Makes and returns the providers of a layer's own modules, by service. */
    static List<Object> loadAll(ModuleLayer layer) {
        List<Object> found = new ArrayList<>();
        for (Class<?> service : Catalogs.SERVICES) {
            // a layer's loader also finds the providers of its parents
            load(layer, service).stream()
                    .filter(provider -> provider.type().getModule().getLayer() == layer)
                    .forEach(provider -> found.add(provider.get()));
        }
        return found;
    }

    // `uses` is checked against the class that calls
    private static ServiceLoader<?> load(ModuleLayer layer, Class<?> service) {
        return ServiceLoader.load(layer, service);
    }

    /** Returns the modules of a layer that have providers, as plugins. */
    static List<Plugin> plugins(ModuleLayer layer) {
        Map<String, List<Object>> byModule = new TreeMap<>();
        for (Object provider : loadAll(layer)) {
            byModule.computeIfAbsent(module(provider.getClass().getModule()), _ -> new ArrayList<>())
                    .add(provider);
        }
        List<Plugin> plugins = new ArrayList<>();
        byModule.forEach((module, providers) ->
                plugins.add(Plugin.active(module.split("@", 2)[0], "module path", List.of(module), providers)));
        return plugins;
    }

    /** Returns the name and version of a module. */
    static String module(Module module) {
        ModuleDescriptor descriptor = module.getDescriptor();
        return descriptor == null ? "class path" : descriptor.toNameAndVersion();
    }

    /** Returns a description of a provider, such as {@code mixer 'mamba2'}. */
    static String describe(Object provider) {
        return switch (provider) {
            case MixerProvider mixer -> "mixer '%s'".formatted(mixer.name());
            case ModelFamily family -> "model family '%s'".formatted(family.name());
            case DecoderArchitecture decoder -> "decoder '%s'".formatted(String.join("', '", decoder.modelTypes()));
            case DeviceProvider device -> "device '%s'".formatted(device.name());
            case KernelProvider kernels -> "kernels '%s'".formatted(kernels.name());
            case StageProvider stage -> "stage '%s'".formatted(stage.name());
            case LossProvider loss -> "loss '%s'".formatted(loss.name());
            case OptimizerProvider optimizer -> "optimizer '%s'".formatted(optimizer.name());
            case LearningRateScheduleProvider schedule -> "schedule '%s'".formatted(schedule.name());
            case DatasetProvider data -> "data '%s'".formatted(data.name());
            case DatasetGenerator generator -> "data set '%s'".formatted(generator.name());
            default -> provider.getClass().getName();
        };
    }
}
