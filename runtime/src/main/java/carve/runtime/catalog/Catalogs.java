package carve.runtime.catalog;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.data.DatasetGenerator;
import carve.api.data.DatasetProvider;
import carve.api.decoder.DecoderArchitecture;
import carve.api.device.DeviceProvider;
import carve.api.device.KernelProvider;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerCatalog;
import carve.api.mixer.MixerProvider;
import carve.api.model.ModelFamily;
import carve.api.stage.LearningRateSchedule;
import carve.api.stage.LearningRateScheduleProvider;
import carve.api.stage.Optimizer;
import carve.api.stage.OptimizerProvider;
import carve.api.stage.StageComponents;
import carve.api.stage.StageProvider;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Function;

/**
 * All installed providers, by kind and name.
 *
 * @param mixers sequence mixers such as attention and Mamba-2
 * @param losses losses of training
 * @param stages stages of recipes
 * @param optimizers optimizers
 * @param schedules learning rate schedules
 * @param data data sets
 * @param generators generators of data sets
 * @param devices devices
 * @param families model families
 * @param kernels kernels of plugins for the devices of other plugins
 */
public record Catalogs(
        Catalog<MixerProvider> mixers,
        Catalog<LossProvider> losses,
        Catalog<StageProvider> stages,
        Catalog<OptimizerProvider> optimizers,
        Catalog<LearningRateScheduleProvider> schedules,
        Catalog<DatasetProvider> data,
        Catalog<DatasetGenerator> generators,
        Catalog<DeviceProvider> devices,
        Catalog<ModelFamily> families,
        Catalog<KernelProvider> kernels) {

    /** The services that plugins may provide, in the order in which they are shown. */
    public static final List<Class<?>> SERVICES = List.of(
            MixerProvider.class,
            ModelFamily.class,
            DecoderArchitecture.class,
            DeviceProvider.class,
            KernelProvider.class,
            StageProvider.class,
            LossProvider.class,
            OptimizerProvider.class,
            LearningRateScheduleProvider.class,
            DatasetProvider.class,
            DatasetGenerator.class);

    /** The sections of the settings under {@code carve} that hold those of providers, by kind. */
    public static final List<String> SECTIONS = List.of(
            "mixers", "losses", "stages", "optimizers", "schedules", "data", "generators", "devices", "families");

    private static final String REFERENCE = "reference.conf";
    private static final SettingsNode.Section NOTHING = new SettingsNode.Section(Map.of(), "defaults");

    /**
     * Returns the catalogs of providers of any kinds, in one list.
     *
     * @throws carve.api.config.SettingsException if two of a kind have one name, or a {@code reference.conf} cannot be parsed
     */
    public static Catalogs of(Collection<?> providers) {
        return of(providers, NOTHING);
    }

    /**
     * Returns the catalogs of providers of any kinds, in one list.
     *
     * @param overrides a section like {@code carve} of a {@code reference.conf}, which goes over the defaults
     * @throws carve.api.config.SettingsException if two of a kind have one name, or a {@code reference.conf} cannot be parsed
     */
    public static Catalogs of(Collection<?> providers, SettingsNode.Section overrides) {
        var make = new Builder(withArchitectures(providers), overrides, new HashMap<>());
        return new Catalogs(
                make.catalog("mixer", "mixers", MixerProvider.class, MixerProvider::name),
                make.catalog("loss", "losses", LossProvider.class, LossProvider::name),
                make.catalog("stage", "stages", StageProvider.class, StageProvider::name),
                make.catalog("optimizer", "optimizers", OptimizerProvider.class, OptimizerProvider::name),
                make.catalog(
                        "schedule",
                        "schedules",
                        LearningRateScheduleProvider.class,
                        LearningRateScheduleProvider::name),
                make.catalog("data", "data", DatasetProvider.class, DatasetProvider::name),
                make.catalog("data set", "generators", DatasetGenerator.class, DatasetGenerator::name),
                make.catalog("device", "devices", DeviceProvider.class, DeviceProvider::name),
                make.catalog("model family", "families", ModelFamily.class, ModelFamily::name),
                make.catalog("kernels", "kernel-providers", KernelProvider.class, KernelProvider::name));
    }

    // families of decoders know what plugins add to them
    private static List<Object> withArchitectures(Collection<?> providers) {
        List<DecoderArchitecture> architectures = providers.stream()
                .filter(DecoderArchitecture.class::isInstance)
                .map(DecoderArchitecture.class::cast)
                .toList();
        return providers.stream()
                .map(provider ->
                        provider instanceof ModelFamily family ? family.with(architectures) : (Object) provider)
                .toList();
    }

    /** Returns the catalogs of all providers in a layer and its parents. */
    public static Catalogs discover(ModuleLayer layer) {
        return of(providers(layer));
    }

    /** Returns the catalogs of all providers that a class loader sees. */
    public static Catalogs discover(ClassLoader loader) {
        return of(providers(loader));
    }

    /** Returns all providers in a module layer and its parents. */
    public static List<Object> providers(ModuleLayer layer) {
        return services(service -> ServiceLoader.load(layer, service));
    }

    /**
     * Returns all providers that a class loader sees: those of modules, and on the class path those that a jar's module-info or
     * {@code META-INF/services} declares.
     */
    public static List<Object> providers(ClassLoader loader) {
        ClassLoader modules = ClassPathModules.over(loader);
        return services(service -> ServiceLoader.load(service, modules));
    }

    private static List<Object> services(Function<Class<?>, ServiceLoader<?>> loaders) {
        List<Object> found = new ArrayList<>();
        SERVICES.forEach(service -> loaders.apply(service).forEach(found::add));
        return found;
    }

    /** Returns the mixers as models ask for them. */
    public MixerCatalog mixerCatalog() {
        Catalog<MixerProvider> all = mixers;
        return new MixerCatalog() {
            @Override
            public Set<String> names() {
                return all.names();
            }

            @Override
            public Mixer create(String name, LayerConfig dims, SettingsNode.Section settings) {
                return all.create(name, settings, (provider, merged) -> provider.create(dims, merged));
            }
        };
    }

    /** Returns the factory of losses that stages are made with. */
    public StageComponents stageComponents() {
        return new LossTermReader(this);
    }

    /**
     * Returns the loss that a section describes.
     *
     * @throws SettingsException if there is no such loss, or a setting is wrong
     */
    public Loss loss(Settings section) {
        return losses.create(section, LossProvider::create);
    }

    /**
     * Returns the optimizer that a section describes.
     *
     * @throws SettingsException if there is no such optimizer, or a setting is wrong
     */
    public Optimizer optimizer(Settings section) {
        return optimizers.create(section, OptimizerProvider::create);
    }

    /**
     * Returns the learning rate schedule that a section describes.
     *
     * @param steps the number of steps of the run
     * @throws SettingsException if there is no such schedule, or a setting is wrong
     */
    public LearningRateSchedule learningRateSchedule(Settings section, long steps) {
        return schedules.create(section, (provider, settings) -> provider.create(settings, steps));
    }

    private record Builder(
            Collection<?> providers, SettingsNode.Section overrides, Map<Module, SettingsNode.Section> references) {
        <P> Catalog<P> catalog(String kind, String section, Class<P> service, Function<P, String> name) {
            List<P> those = providers.stream()
                    .filter(service::isInstance)
                    .map(service::cast)
                    .toList();
            return Catalog.of(kind, section, those, name, this::reference, overrides);
        }

        private SettingsNode.Section reference(Module module) {
            return references.computeIfAbsent(
                    module,
                    _ -> hasReference(module)
                            ? SettingsFormat.installed()
                                    .resource(module, REFERENCE)
                                    .filter(settings -> settings.has("carve"))
                                    .map(settings -> settings.section("carve").asTree())
                                    .orElse(NOTHING)
                            : NOTHING);
        }

        private static boolean hasReference(Module module) {
            if (!module.isNamed()) {
                return module.getClassLoader().getResource(REFERENCE) != null;
            }
            try (InputStream stream = module.getResourceAsStream(REFERENCE)) {
                return stream != null;
            } catch (IOException e) {
                throw new SettingsException(
                        "%s/%s: cannot be read: %s".formatted(module.getName(), REFERENCE, e.getMessage()), e);
            }
        }
    }
}
