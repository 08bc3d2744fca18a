package carve.runtime;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.data.DatasetGenerator;
import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LoadedModel;
import carve.runtime.catalog.Catalogs;
import carve.runtime.catalog.Presets;
import carve.runtime.catalog.SettingsFormat;
import carve.runtime.convert.Conversion;
import carve.runtime.device.DeviceSelector;
import carve.runtime.model.ModelFolder;
import carve.runtime.plan.ExternalHybridConfig;
import carve.runtime.plan.Plan;
import carve.runtime.progress.Progress;
import carve.runtime.train.Recipe;
import carve.runtime.train.RecipeResult;
import carve.runtime.train.RecipeRunner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The entry point of programs that use Carve as a library: a device and the plugins that a program has on its module path or class
 * path. It opens, converts, trains and saves models. Confined to the thread that opened it.
 *
 * {@snippet :
 * try (Carve carve = Carve.open();
 *         Model teacher = carve.load(Path.of("models/teacher"));
 *         Model student = carve.convert(teacher, carve.parsePlan("repeat = [keep, mamba2 x3]"))) {
 *     student.generate(Prompt.user("Who are you?"), Sampling.greedy(), piece -> System.out.print(piece.text()));
 *     student.save(Path.of("models/student"));
 * }
 * }
 */
public final class Carve implements AutoCloseable {
    private static final long CONVERSION_SEED = 42;
    private static final SettingsNode.Section NOTHING = new SettingsNode.Section(Map.of(), "defaults");

    private final Catalogs catalogs;
    private final Presets presets;
    private final DeviceSelector selector;
    private final Device device;
    private final Thread owner = Thread.currentThread();
    private final Set<Model> models = new LinkedHashSet<>();

    private Carve(Catalogs catalogs, Presets presets, DeviceSelector selector) {
        this.catalogs = catalogs;
        this.presets = presets;
        this.selector = selector;
        this.device = selector.open();
    }

    /**
     * Opens the best available device with all plugins on the module path and the class path.
     *
     * @throws carve.api.device.DeviceException if no device is available
     * @throws carve.api.config.SettingsException if two plugins provide the same, or no settings format is installed
     */
    public static Carve open() {
        return builder().open();
    }

    /** Returns a builder for another device, plugins or settings. */
    public static Builder builder() {
        return new Builder();
    }

    /** Options of a {@link Carve}. Mutable; confined to one thread. */
    public static final class Builder {
        private final List<Object> plugins = new ArrayList<>();
        private String device = DeviceSelector.AUTO;
        private KernelPolicy kernels = KernelPolicy.PREFERRED;
        private SettingsNode.Section settings = NOTHING;

        private Builder() {}

        /** Selects a device by name, such as {@code cpu} or {@code cuda}; {@code auto} selects the best available one. */
        public Builder device(String name) {
            device = name;
            return this;
        }

        /** Sets whether fused ops run by the device's kernels. */
        public Builder kernels(KernelPolicy policy) {
            kernels = policy;
            return this;
        }

        /** Adds the plugins that a class loader sees. */
        public Builder plugins(ClassLoader loader) {
            plugins.addAll(Catalogs.providers(loader));
            return this;
        }

        /** Adds the plugins of a module layer and its parents. */
        public Builder plugins(ModuleLayer layer) {
            plugins.addAll(Catalogs.providers(layer));
            return this;
        }

        /**
         * Overrides the plugins' defaults.
         *
         * @param text settings under the keys that the plugins' {@code reference.conf} has, such as
         *     {@code carve.devices.cpu.threads = 4}
         * @throws carve.api.config.SettingsException if it cannot be parsed
         */
        public Builder settings(String text) {
            return settings(SettingsFormat.installed().parse(text, "settings"));
        }

        /**
         * Overrides the plugins' defaults by those of a file.
         *
         * @throws carve.api.config.SettingsException if it does not exist or cannot be parsed
         */
        public Builder settings(Path file) {
            return settings(SettingsFormat.installed().file(file));
        }

        private Builder settings(TreeSettings more) {
            settings = more.asTree().over(settings);
            return this;
        }

        /**
         * Opens the device.
         *
         * @throws carve.api.device.DeviceException if the device is not available
         * @throws carve.api.config.SettingsException if there is no such device, a setting is unknown, or two plugins provide the
         *     same
         */
        public Carve open() {
            plugins(Carve.class.getClassLoader());
            Catalogs catalogs = Providers.catalogs(plugins, settings);
            return new Carve(catalogs, Presets.of(plugins), DeviceSelector.of(catalogs, device, kernels));
        }
    }

    /** Returns the installed plugins by kind and name. */
    public Catalogs catalogs() {
        return catalogs;
    }

    /** Returns the device, for programs that use parts of the runtime by themselves; closed with this object. */
    public Device device() {
        return device;
    }

    /**
     * Opens a model and takes its weights to the device.
     *
     * @param folder a folder in Hugging Face layout, or a GGUF file
     * @return the model; it is closed by the caller, or with this object
     * @throws carve.api.checkpoint.CheckpointException if a file is missing or broken, or no installed plugin knows the model
     */
    public Model load(Path folder) {
        requireThread();
        return open(new ModelSource.InFolder(ModelFolder.open(folder, catalogs)));
    }

    /**
     * Opens a model as {@link #load(Path)} does, or one that was pulled from the hub.
     *
     * @param model {@code hf:ORG/NAME} or {@code hf:ORG/NAME@REVISION} for a model in the hub's cache, otherwise a folder or file
     * @throws carve.runtime.hub.HubException if it has not been pulled
     */
    public Model load(String model) {
        return load(Path.of(model));
    }

    private Model open(ModelSource source) {
        try {
            return open(source, source.load(device));
        } catch (RuntimeException e) {
            source.close();
            throw e;
        }
    }

    private Model open(ModelSource source, LoadedModel loaded) {
        try {
            Model model = new Model(this, source, loaded, source.processor());
            models.add(model);
            return model;
        } catch (RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    /**
     * Returns the plan in a file, or that of a preset.
     *
     * @param file a plan or recipe in HOCON; or another project's {@code config.json} or recipe in YAML, whose layer pattern is
     *     read; or, where there is no such file, the name of a preset
     * @throws carve.api.config.SettingsException if it cannot be read, or is YAML and the artifact {@code carve-yaml} is missing
     * @throws carve.api.json.JsonException if it is called {@code .json} and is not valid JSON
     */
    public Plan readPlan(Path file) {
        return ExternalHybridConfig.isConfig(file)
                ? Plan.of(ExternalHybridConfig.read(file))
                : Plan.of(Recipe.resolvePresets(file.toString(), presets::load, NOTHING));
    }

    /**
     * Returns the plan in a text.
     *
     * @param text HOCON, for instance {@code repeat = [keep, mamba2 x3]}, or a layer pattern under the key that another project
     *     has for it, for instance {@code hybrid_override_pattern = "M-M-*-"}
     * @throws carve.api.config.SettingsException if it cannot be parsed
     */
    public Plan parsePlan(String text) {
        return Plan.of(Recipe.resolvePresets(
                "plan", name -> name.equals("plan") ? parse(text, name) : presets.load(name), NOTHING));
    }

    /**
     * Returns the recipe in a file, or that of a preset.
     *
     * @throws carve.api.config.SettingsException if it cannot be read
     */
    public Recipe readRecipe(Path file) {
        return Recipe.read(file.toString(), presets::load, NOTHING);
    }

    /**
     * Returns the recipe in a text.
     *
     * @param text HOCON, as {@link Recipe} describes it; it may name a preset
     * @throws carve.api.config.SettingsException if it cannot be parsed
     */
    public Recipe parseRecipe(String text) {
        return Recipe.read("recipe", name -> name.equals("recipe") ? parse(text, name) : presets.load(name), NOTHING);
    }

    private static TreeSettings parse(String text, String origin) {
        return SettingsFormat.installed().parse(text, origin);
    }

    /**
     * Converts a model in memory: other mixers, initialised from its attention, where the plan names them.
     *
     * @param teacher a model that was loaded from a folder
     * @return the student; it is closed by the caller, or with this object
     * @throws carve.api.config.SettingsException if the plan does not fit the model
     */
    public Model convert(Model teacher, Plan plan) {
        return convert(teacher, plan, CONVERSION_SEED);
    }

    /**
     * Converts a model in memory as {@link #convert(Model, Plan)} does.
     *
     * @param seed the random seed of parameters that the teacher gives no value
     */
    public Model convert(Model teacher, Plan plan, long seed) {
        requireThread();
        if (!(teacher.source() instanceof ModelSource.InFolder(ModelFolder folder))) {
            throw new IllegalArgumentException(
                    "a model that was converted in memory cannot be converted again; save it and load it before");
        }
        List<ModelFolder> opened = new ArrayList<>(List.of(ModelFolder.open(folder.path(), catalogs)));
        try {
            Conversion conversion = conversion(opened, plan, seed);
            ModelSource source = new ModelSource.Converted(
                    conversion, opened.getFirst(), List.copyOf(opened.subList(1, opened.size())));
            opened.clear();
            return open(source);
        } finally {
            opened.forEach(ModelFolder::close);
        }
    }

    private Conversion conversion(List<ModelFolder> opened, Plan plan, long seed) {
        ModelFolder teacher = opened.getFirst();
        Conversion conversion = Conversion.of(
                teacher, plan.layers(teacher.spec().layers().size()), catalogs.mixerCatalog(), device, seed);
        plan.previousCheckpoint().ifPresent(folder -> opened.add(ModelFolder.open(folder, catalogs)));
        return opened.size() == 1 ? conversion : conversion.continueFrom(opened.getLast());
    }

    /**
     * Trains or distils as a recipe says.
     *
     * @return the results of the stages, and the folder of the trained model, which can be {@linkplain #load loaded}
     * @throws carve.api.config.SettingsException if the recipe is wrong
     * @throws carve.api.stage.StageException if a stage fails
     * @throws IOException if a file cannot be read or written
     */
    public RecipeResult train(Recipe recipe, Progress progress) throws IOException {
        return train(recipe, progress, false);
    }

    /**
     * Trains or distils as {@link #train(Recipe, Progress)} does, and continues an interrupted run from its last checkpoint.
     *
     * @throws IOException if a file cannot be read or written
     */
    public RecipeResult resume(Recipe recipe, Progress progress) throws IOException {
        return train(recipe, progress, true);
    }

    private RecipeResult train(Recipe recipe, Progress progress, boolean resume) throws IOException {
        requireThread();
        DeviceSelector asked = selector.with(recipe.settings());
        if (asked.key().equals(selector.key())) {
            return new RecipeRunner(catalogs, device, progress).run(recipe, resume);
        }
        try (Device other = asked.open()) {
            return new RecipeRunner(catalogs, other, progress).run(recipe, resume);
        }
    }

    /**
     * Writes a data set.
     *
     * @param generator the name of an installed data set generator, such as {@code shapes}
     * @param settings HOCON that overrides the generator's defaults; may be empty
     * @throws carve.api.config.SettingsException if there is no such generator, or a setting is wrong
     * @throws carve.api.stage.StageException if a file cannot be written
     */
    public void generateDataset(String generator, String settings, Path folder, Progress progress) {
        requireThread();
        try (Progress.Phase listener = progress.begin(generator, "samples")) {
            catalogs.generators()
                    .create(generator, parse(settings, "settings").asTree(), (DatasetGenerator made, Settings all) -> {
                        made.generate(all, folder, listener);
                        return folder;
                    });
        }
    }

    void requireThread() {
        if (Thread.currentThread() != owner) {
            throw new WrongThreadException(
                    "this Carve belongs to thread '%s' and was used by thread '%s'; open one in each thread"
                            .formatted(owner.getName(), Thread.currentThread().getName()));
        }
    }

    void closed(Model model) {
        models.remove(model);
    }

    /** Closes the models that are still open, and the device. */
    @Override
    public void close() {
        requireThread();
        List.copyOf(models).reversed().forEach(Model::close);
        device.close();
    }
}
