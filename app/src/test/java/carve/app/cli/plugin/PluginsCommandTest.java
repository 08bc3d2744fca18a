package carve.app.cli.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.app.cli.CommandHarness;
import carve.app.plugin.PluginJarBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code carve plugins} installs, looks after and tells of plugins. */
final class PluginsCommandTest {
    @TempDir
    private static Path shared;

    private static Path jar;

    @TempDir
    private Path work;

    private final CommandHarness carve = CommandHarness.bare();
    private String plugins;

    @BeforeAll
    static void compile() throws IOException {
        jar = shared.resolve("retention-1.0.jar");
        PluginJarBuilder.mixer("com.example.retention", "retention")
                .version("1.0")
                .write(jar);
    }

    @BeforeEach
    void nameTheFolder() {
        plugins = work.resolve("plugins").toString();
    }

    private String[] inFolder(String... line) {
        String[] all = Arrays.copyOf(line, line.length + 1);
        all[line.length] = "--plugins=" + plugins;
        return all;
    }

    private String good(String... line) {
        return carve.succeeds(inFolder(line));
    }

    private void bad(String message, String... line) {
        assertEquals(1, carve.run(inFolder(line)));
        assertEquals("carve: " + message + "\n", carve.err());
    }

    private boolean listed() {
        return good("plugins", "list").contains("    mixer         retention\n");
    }

    @Test
    void aPluginIsInstalledReplacedDisabledEnabledReloadedAndRemoved() {
        assertEquals("installed retention in %s\n".formatted(plugins), good("plugins", "install", jar.toString()));
        assertTrue(listed());
        assertEquals("replaced retention in %s\n".formatted(plugins), good("plugins", "install", jar.toString()));
        assertEquals("disabled retention in %s\n".formatted(plugins), good("plugins", "disable", "retention"));
        assertTrue(good("plugins", "list").matches("(?s).*\nretention +stopped +" + plugins + ".*"));
        assertEquals("enabled retention in %s\n".formatted(plugins), good("plugins", "enable", "retention"));
        assertTrue(listed());
        assertEquals("told to reload retention in %s\n".formatted(plugins), good("plugins", "reload", "retention"));
        assertEquals("removed retention in %s\n".formatted(plugins), good("plugins", "remove", "retention"));
        assertFalse(listed());
        bad("no plugin 'retention'; there are none", "plugins", "remove", "retention");
    }

    @Test
    void withoutAFolderToInstallIntoThatIsTold() {
        assertEquals(1, carve.run("plugins", "install", jar.toString()));
        assertEquals(
                "carve: there is no folder to install into; name one with --plugins, CARVE_PLUGINS or carve.plugins\n",
                carve.err());
    }

    @Test
    void aFolderThatIsNotThereIsTold() {
        String message =
                "--plugins names %s, which is no folder; it should have a folder for each plugin, as target/plugins of a plugin's build has"
                        .formatted(plugins);
        bad(message, "plugins", "list");
        bad(message, "plugins", "doctor");
        bad(message, "plugins", "verify");
        bad(message, "plugins", "remove", "retention");
        bad(message, "devices");
        good("plugins", "install", jar.toString()); // which makes the folder
        good("devices");
    }

    @Test
    void aFolderOfSettingsThatIsNotThereIsTold() {
        assertEquals(1, carve.run("devices", "-D", "carve.plugins=[\"%s\"]".formatted(plugins)));
        assertEquals(
                "carve: carve.plugins names %s, which is no folder; it should have a folder for each plugin, as target/plugins of a plugin's build has\n"
                        .formatted(plugins),
                carve.err());
    }

    @Test
    void theFolderOfOnePluginIsTold() {
        good("plugins", "install", jar.toString());
        Path installed = Path.of(plugins, "retention");
        assertEquals(1, carve.run("devices", "--plugins", installed.toString()));
        assertEquals(
                "carve: --plugins names %s, which is the folder of one plugin; name the folder around it, %s\n"
                        .formatted(installed, plugins),
                carve.err());
    }

    @Test
    void pluginsOfTheProgramAreNotRemoved() {
        CommandHarness program = CommandHarness.installed();
        assertEquals(1, program.run("plugins", "remove", "mamba2"));
        assertEquals(
                "carve: plugin 'mamba2' is a part of carve; `carve plugins disable mamba2` keeps it from being used\n",
                program.err());
    }

    @Test
    void whatIsInstalledIsVerified() throws IOException {
        good("plugins", "install", jar.toString());
        assertEquals("retention: good, locked\n", good("plugins", "verify"));
        Path installed = Path.of(plugins, "retention", "retention-1.0.jar");
        Files.delete(installed);
        PluginJarBuilder.mixer("com.example.retention", "other").write(installed);
        assertEquals(1, carve.run("plugins", "verify", "retention", "--plugins", plugins));
        assertTrue(carve.out().matches("""
                        retention: cannot be used
                          error: retention/retention-1.0.jar is not the file that plugins.lock names: its SHA-256 begins with \
                        [0-9a-f]{12}, expected [0-9a-f]{12}; install it again, or run `carve plugins verify retention --lock` if \
                        you changed it
                        """), carve.out());
        assertEquals(1, carve.run(inFolder("plugins", "verify", "--lock")), "only by its name");
        assertEquals("retention: good, locked\n", good("plugins", "verify", "retention", "--lock"));
        assertEquals(jar + ": good\n", good("plugins", "verify", jar.toString()));
        bad("no plugin 'retntion'; there is retention (did you mean 'retention'?)", "plugins", "verify", "retntion");
    }

    @Test
    void whatTheLockDoesNotHaveIsTakenIn() throws IOException {
        Files.copy(jar, Files.createDirectories(Path.of(plugins, "retention")).resolve("retention.jar"));
        assertEquals("retention: good\n", good("plugins", "verify"));
        assertEquals("retention: good, locked\n", good("plugins", "verify", "--lock"));
    }

    @Test
    void theDoctorTellsAllThatIsWrongAndWhatWouldHelp() throws IOException {
        good("plugins", "install", jar.toString());
        good("plugins", "install", jar.toString(), "--name", "twin");
        good("plugins", "install", jar.toString(), "--name", "off");
        good("plugins", "disable", "off");
        Files.createDirectories(Path.of(plugins, "empty"));
        Files.writeString(Files.createDirectories(Path.of(plugins, "torn")).resolve("torn.jar"), "torn");
        assertEquals(1, carve.run("plugins", "doctor", "--plugins", plugins));
        String[] told = carve.out().split("\n", 2);
        assertTrue(told[0].matches("carve\\.api@\\S+, Java \\S+, .+"), told[0]);
        assertEquals("""
                folder %s: 5 plugins, 3 of them locked
                2 of 6 plugins are active
                plugin 'off' is disabled; `carve plugins enable off` lets it be used
                error: plugin 'empty': no jar in %s
                    fix: put the jar of its module there, and the libraries that it needs into lib/
                error: plugin 'torn': torn.jar cannot be read: zip END header not found
                    fix: copy or build it again
                error: plugin 'twin': mixer 'retention' is provided by plugin 'retention' already \
                (com.example.retention@1.0, %s)
                    fix: remove or disable one of them
                """.formatted(plugins, Path.of(plugins, "empty"), Path.of(plugins, "retention")), told[1]);
        assertEquals("", carve.err());
    }

    @Test
    void withNothingWrongTheDoctorIsContent() {
        good("plugins", "install", jar.toString());
        assertTrue(good("plugins", "doctor").endsWith("2 of 2 plugins are active\n"), carve.out());
    }
}
