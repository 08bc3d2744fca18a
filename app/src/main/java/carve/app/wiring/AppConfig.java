package carve.app.wiring;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.device.KernelPolicy;
import carve.api.json.Json;
import carve.api.json.JsonString;
import carve.api.text.GenerationDefaults;
import carve.api.text.GenerationDefaults.Parameter;
import carve.api.text.Processor;
import carve.hocon.Hocon;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.eval.EvaluationConfig;
import carve.runtime.hub.HubReference;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The settings of the program itself; their defaults and meanings are in {@code reference.conf}.
 *
 * @param device the name of a device, or {@code auto}
 * @param kernelPolicy whether fused ops run by kernels
 * @param plugins folders with plugins
 * @param generationConfig how answers are generated where the command line does not say
 * @param answers how training data is generated where the command line does not say
 * @param evaluation how models are evaluated where the command line does not say
 * @param recall at which lengths recall is evaluated where the command line does not say
 * @param serving how models are served where the command line does not say
 * @param providers settings of all that is plugged in, which go over its defaults
 */
public record AppConfig(
        String device,
        KernelPolicy kernelPolicy,
        List<Path> plugins,
        GenerationConfig generationConfig,
        GenerationConfig answers,
        EvaluationConfig evaluation,
        RecallDefaults recall,
        SettingsNode.Section serving,
        SettingsNode.Section providers) {
    /**
     * The defaults of generation.
     *
     * @param maxTokens the longest answer
     * @param temperature how far from greedy
     * @param topK how many tokens may be chosen
     * @param topP the share of tokens that may be chosen
     * @param minP the least share of the greatest probability
     * @param repetitionPenalty the penalty of tokens that were there before
     * @param seed of the choices
     * @param generationConfig whether what a model's {@code generation_config.json} recommends goes over these
     */
    public record GenerationConfig(
            int maxTokens,
            double temperature,
            int topK,
            double topP,
            double minP,
            double repetitionPenalty,
            long seed,
            GenerationConfigSource generationConfig) {
        static GenerationConfig from(Settings settings) {
            return new GenerationConfig(
                    settings.integer("max-tokens"),
                    settings.real("temperature"),
                    settings.integer("top-k"),
                    settings.real("top-p"),
                    settings.real("min-p"),
                    settings.real("repetition-penalty"),
                    settings.longInteger("seed"),
                    GenerationConfigSource.of(
                            settings.string("generation-config"),
                            settings.origin("generation-config") + ": key 'generation-config'"));
        }

        /** Returns these defaults with another source of recommendations. */
        public GenerationConfig with(GenerationConfigSource source) {
            return new GenerationConfig(maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed, source);
        }

        /**
         * Returns the defaults for a model: these, with what its authors recommend over them if that is asked for.
         *
         * @throws carve.api.CarveException if they recommend what is not supported; the message names it
         */
        public GenerationConfig of(Processor processor) {
            if (generationConfig == GenerationConfigSource.CARVE) {
                return this;
            }
            GenerationDefaults model = processor.generationDefaults();
            return new GenerationConfig(
                    model.valueOr(Parameter.MAX_NEW_TOKENS, maxTokens),
                    model.valueOr(Parameter.TEMPERATURE, temperature),
                    model.valueOr(Parameter.TOP_K, topK),
                    model.valueOr(Parameter.TOP_P, topP),
                    model.valueOr(Parameter.MIN_P, minP),
                    model.valueOr(Parameter.REPETITION_PENALTY, repetitionPenalty),
                    seed,
                    generationConfig);
        }
    }

    /**
     * The defaults of an evaluation of recall.
     *
     * @param lengths lengths in tokens with commas between them; k is 1024
     * @param samples how many examples there are at each length and depth
     * @param seed of the examples
     */
    public record RecallDefaults(String lengths, int samples, long seed) {
        static RecallDefaults from(Settings settings) {
            return new RecallDefaults(
                    settings.string("lengths"), settings.integer("samples"), settings.longInteger("seed"));
        }
    }

    /** The sources of the defaults of sampling, as {@code --generation-config} of vLLM has them. */
    public enum GenerationConfigSource {
        /** The values of a model's {@code generation_config.json}, and the settings where it says nothing. */
        AUTO,
        /** The settings alone. */
        CARVE;

        /**
         * Returns the source of a name.
         *
         * @param where what an error says of its place
         * @throws SettingsException if there is none of that name
         */
        public static GenerationConfigSource of(String name, String where) {
            return switch (name) {
                case "auto" -> AUTO;
                case "carve" -> CARVE;
                default -> throw new SettingsException("%s: expected auto or carve, found '%s'".formatted(where, name));
            };
        }
    }

    private static final String ROOT = "carve";
    private static final List<String> APP_KEYS =
            List.of("device", "kernels", "plugins", "generation", "answers", "evaluation", "serving");

    /** Copies the list. */
    public AppConfig {
        plugins = List.copyOf(plugins);
    }

    /**
     * Returns the defaults with the files and the command line over them.
     *
     * @throws SettingsException if a setting is wrong or unknown; the message has its place
     */
    public static AppConfig from(GlobalOptions globalOptions) {
        SettingsNode.Section root = Hocon.parseResource(AppConfig.class.getModule(), "reference.conf")
                .orElseThrow()
                .asTree();
        for (Path file : globalOptions.config()) {
            root = Hocon.parseFile(file).asTree().over(root);
        }
        root = overrides(globalOptions.overrides(), true).over(root);
        Settings settings = new TreeSettings(root);
        AppConfig config = from(settings.section(ROOT));
        settings.requireAllRead();
        return new AppConfig(
                globalOptions.device().isEmpty() ? config.device : globalOptions.device(),
                globalOptions.kernels().isEmpty()
                        ? config.kernelPolicy
                        : DeviceSelector.kernelPolicy(globalOptions.kernels(), "--require"),
                config.plugins,
                config.generationConfig,
                config.answers,
                config.evaluation,
                config.recall,
                config.serving,
                config.providers);
    }

    private static AppConfig from(Settings carve) {
        Map<String, SettingsNode> providers = new LinkedHashMap<>();
        for (String kind : Catalogs.SECTIONS) {
            if (carve.has(kind)) {
                providers.put(kind, carve.section(kind).asTree());
            }
        }
        APP_KEYS.forEach(carve::has);
        return new AppConfig(
                carve.string("device"),
                DeviceSelector.kernelPolicy(carve.string("kernels"), carve.origin("kernels") + ": key 'kernels'"),
                carve.strings("plugins").stream().map(Path::of).toList(),
                GenerationConfig.from(carve.section("generation")),
                GenerationConfig.from(carve.section("answers")),
                EvaluationConfig.from(carve.section("evaluation")),
                RecallDefaults.from(carve.section("evaluation").section("recall")),
                carve.section("serving").asTree(),
                new SettingsNode.Section(providers, carve.origin()));
    }

    /**
     * Returns those settings of the command line that are the program's, or those that are a recipe's.
     *
     * @param own whether their keys begin with {@code carve.}
     */
    public static SettingsNode.Section overrides(Map<String, String> overrides, boolean own) {
        SettingsNode.Section section = new SettingsNode.Section(Map.of(), "-D");
        for (Map.Entry<String, String> entry : new TreeMap<>(overrides).entrySet()) {
            if (entry.getKey().startsWith(ROOT + ".") == own) {
                String origin = "-D" + entry.getKey();
                section = Hocon.parse(entry.getKey() + " = " + value(entry.getValue()), origin)
                        .asTree()
                        .over(section);
            }
        }
        return section;
    }

    // a shell takes the quotes that HOCON wants around a colon
    private static String value(String text) {
        return HubReference.isReference(text) ? Json.compact(new JsonString(text)) : text;
    }
}
