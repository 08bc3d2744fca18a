package carve.app.work;

import carve.api.config.Names;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.tensor.Workspace.Kernels;
import carve.hocon.Hocon;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The settings of the program itself; their defaults and meanings are in {@code reference.conf}.
 *
 * @param device the name of a device, or {@code auto}
 * @param kernels whether fused ops run by kernels
 * @param plugins folders with plugins
 * @param generation how answers are generated where the command line does not say
 * @param evaluation how models are evaluated where the command line does not say
 * @param serving how models are served where the command line does not say
 * @param providers settings of all that is plugged in, which go over its defaults
 */
public record AppConfig(
        String device,
        Kernels kernels,
        List<Path> plugins,
        Generation generation,
        Evaluating evaluation,
        SettingsNode.Section serving,
        SettingsNode.Section providers) {
    /**
     * How answers are generated.
     *
     * @param maxTokens the longest answer
     * @param temperature how far from greedy
     * @param topK how many tokens may be chosen
     * @param topP the share of tokens that may be chosen
     * @param seed of the choices
     */
    public record Generation(int maxTokens, double temperature, int topK, double topP, long seed) {
        static Generation from(Settings settings) {
            return new Generation(
                    settings.integer("max-tokens"),
                    settings.real("temperature"),
                    settings.integer("top-k"),
                    settings.real("top-p"),
                    settings.longInteger("seed"));
        }
    }

    /**
     * How models are evaluated.
     *
     * @param batch how many prompts are answered side by side
     * @param maxTokens the longest answer
     */
    public record Evaluating(int batch, int maxTokens) {
        static Evaluating from(Settings settings) {
            return new Evaluating(settings.integer("batch"), settings.integer("max-tokens"));
        }
    }

    private static final String ROOT = "carve";
    private static final List<String> OWN =
            List.of("device", "kernels", "plugins", "generation", "evaluation", "serving");
    private static final List<String> PROVIDERS = List.of(
            "mixers", "losses", "stages", "optimizers", "schedules", "data", "generators", "devices", "families");

    /** Copies the list. */
    public AppConfig {
        plugins = List.copyOf(plugins);
    }

    /**
     * Returns the defaults with the files and the command line over them.
     *
     * @throws SettingsException if a setting is wrong or unknown; the message has its place
     */
    public static AppConfig from(Globals globals) {
        SettingsNode.Section root = Hocon.resource(AppConfig.class.getModule(), "reference.conf")
                .orElseThrow()
                .take();
        for (Path file : globals.config()) {
            root = Hocon.file(file).take().over(root);
        }
        root = overrides(globals.overrides(), true).over(root);
        Settings settings = new TreeSettings(root);
        AppConfig config = from(settings.section(ROOT));
        settings.requireAllRead();
        return new AppConfig(
                globals.device().isEmpty() ? config.device : globals.device(),
                globals.kernels().isEmpty() ? config.kernels : kernels(globals.kernels(), "--require"),
                config.plugins,
                config.generation,
                config.evaluation,
                config.serving,
                config.providers);
    }

    private static AppConfig from(Settings carve) {
        Map<String, SettingsNode> providers = new LinkedHashMap<>();
        for (String kind : PROVIDERS) {
            if (carve.has(kind)) {
                providers.put(kind, carve.section(kind).take());
            }
        }
        OWN.forEach(carve::has);
        return new AppConfig(
                carve.string("device"),
                kernels(carve.string("kernels"), carve.origin("kernels") + ": key 'kernels'"),
                carve.strings("plugins").stream().map(Path::of).toList(),
                Generation.from(carve.section("generation")),
                Evaluating.from(carve.section("evaluation")),
                carve.section("serving").take(),
                new SettingsNode.Section(providers, carve.origin()));
    }

    /** Returns the policy of a name; messages call it what. */
    static Kernels kernels(String name, String what) {
        return Arrays.stream(Kernels.values())
                .filter(kernels -> kernels.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(() -> new SettingsException("%s: %s"
                        .formatted(what, Names.unknown("policy", name, List.of("preferred", "off", "required")))));
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
                section = Hocon.parse(entry.getKey() + " = " + entry.getValue(), origin)
                        .take()
                        .over(section);
            }
        }
        return section;
    }
}
