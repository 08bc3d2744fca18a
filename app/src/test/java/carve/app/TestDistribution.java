package carve.app;

import carve.app.plugin.PluginSet;
import carve.runtime.catalog.Catalogs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The program as it is installed, with the plugins that are built beside it. */
public final class TestDistribution {
    private static final Path HOME = Path.of("target", "carve");

    private TestDistribution() {}

    /** Returns the program's folder; a test that needs it fails where it is not. */
    public static Path home() {
        for (String plugin : List.of("cpu", "models")) {
            if (!Files.isDirectory(HOME.resolve("plugins").resolve(plugin))) {
                throw new IllegalStateException(
                        "the plugin '%s' is not in app/target/carve; `mvnw verify` puts it there".formatted(plugin));
            }
        }
        return HOME;
    }

    /** Returns the folder of the plugins. */
    public static Path plugins() {
        return home().resolve("plugins");
    }

    /** Loads the plugins, beside providers that need none. */
    public static Catalogs catalogs(Object... builtIn) {
        return Catalogs.of(PluginSet.load(List.of(builtIn), List.of(plugins())).providers());
    }

    /** Returns what runs a line in a process of its own. */
    public static ProcessBuilder process(String... line) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@src/main/dist/carve.args",
                "-Dcarve.home=" + home(),
                "-p",
                System.getProperty("jdk.module.path"),
                "-cp",
                System.getProperty("java.class.path"),
                "-m",
                "carve.app/carve.app.Main"));
        command.addAll(List.of(line));
        return new ProcessBuilder(command);
    }
}
