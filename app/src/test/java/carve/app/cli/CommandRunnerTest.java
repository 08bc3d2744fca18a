package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.app.plugin.PluginJarBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Command lines have help, exit codes, and one clear message where something is wrong. */
final class CommandRunnerTest {
    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.bare();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "generate",
                "eval",
                "inspect",
                "plan",
                "convert",
                "bench",
                "export",
                "train",
                "distill",
                "demo",
                "data",
                "trace",
                "devices",
                "plugins",
                "version"
            })
    void everyCommandHasHelpWithExamples(String command) {
        String help = carve.succeeds(command, "--help");
        assertTrue(help.startsWith("Usage: carve " + command), help);
        assertTrue(help.contains("Examples:\n  carve " + command), help);
    }

    @Test
    void oldNamesOfOptionsAreRefusedWithTheNewOnes() {
        Map<String, String> renamed =
                Map.of("--key", "--api-key", "--keys", "--api-key-file", "--no-key", "--no-api-key");
        renamed.forEach((old, name) -> {
            assertEquals(2, carve.run("serve", "model", old));
            assertEquals(
                    "carve: option '%s' is now called '%s'; see carve serve --help%n".formatted(old, name),
                    carve.err());
        });
        assertEquals(2, carve.run("devices", "--key=x"));
        assertTrue(carve.err().startsWith("carve: Unknown option: '--key=x'"), carve.err());
    }

    @Test
    void withoutACommandTheHelpIsShown() {
        assertEquals(2, carve.run());
        assertTrue(carve.out().contains("Commands:"), carve.out());
    }

    @Test
    void wrongLinesAreToldInOneLine() {
        assertEquals(2, carve.run("inspct"));
        assertEquals("carve: Unmatched argument at index 0: 'inspct'; see carve --help\n", carve.err());
        assertEquals(2, carve.run("convert", "x", "--plan", "y"));
        assertEquals("carve: Missing required option: '--out=STUDENT'; see carve convert --help\n", carve.err());
        assertEquals(2, carve.run("devices", "--require", "speed"));
        assertEquals(
                "carve: Invalid value for option '--require': expected kernels, found 'speed'; see carve devices --help\n",
                carve.err());
    }

    @Test
    void aFolderThatIsNotThereIsToldInOneLine() {
        assertEquals(1, carve.run("inspect", "no-such-model"));
        assertEquals(
                "carve: no-such-model: no such folder; a model is a folder with config.json and model.safetensors\n",
                carve.err());
    }

    @Test
    void aModelOfNoFamilyIsTold() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"gpt2\"}");
        assertEquals(1, carve.run("inspect", folder.toString()));
        assertEquals(
                "carve: %s: config.json: no model family for model_type 'gpt2'; there are none\n".formatted(folder),
                carve.err());
    }

    @Test
    void whatIsWrongInSettingsIsTold() {
        assertEquals(1, carve.run("devices", "-Dcarve.devcie=cpu"));
        assertEquals("carve: -Dcarve.devcie: 1: key 'devcie' was not used; did you mean 'device'?\n", carve.err());
        assertEquals(1, carve.run("devices", "--config", "none.conf"));
        assertEquals("carve: none.conf: no such file\n", carve.err());
    }

    @Test
    void verboseDevicesDescribeThemselves() {
        assertEquals(0, carve.run("devices", "--device", "reference", "--verbose"));
        assertEquals(
                1,
                carve.out()
                        .lines()
                        .filter(line -> line.startsWith("reference "))
                        .count(),
                carve.out());
    }

    @Test
    void onlyDebugShowsWhereErrorsComeFrom() {
        carve.run("devices", "--config", "none.conf", "--debug");
        assertTrue(carve.err().contains("    at carve.hocon"), carve.err());
    }

    @Test
    void unknownDevicesAreToldWithTheOnesThatAre() {
        assertEquals(1, carve.run("data", "shapes", "--out", "x"));
        assertEquals("carve: no data set 'shapes'; there are none\n", carve.err());
    }

    @Test
    void devicesShowWhichOneIsTaken() {
        assertEquals(
                "DEVICE     STATE                 RANK\n"
                        + "reference  taken (highest rank)     0  plain Java, one thread, the definition of every op; slow\n",
                carve.succeeds("devices"));
    }

    @Test
    void devicesThatAreAskedForAndNotThereAreTold() {
        assertTrue(carve.succeeds("devices", "--device", "reference").contains("taken (asked for)"));
        assertEquals(1, carve.run("devices", "--device", "refrence"));
        assertEquals("carve: no device 'refrence'; there is reference (did you mean 'reference'?)\n", carve.err());
    }

    @Test
    void pluginsOfAFolderAreListed() throws IOException {
        PluginJarBuilder.mixer("com.example.retention", "retention").write(folder.resolve("retention/retention.jar"));
        Files.createDirectories(folder.resolve("empty"));
        String list = carve.succeeds("plugins", "list", "--plugins", folder.toString());
        assertTrue(list.startsWith("PLUGIN     STATE      MODULE "), list);
        assertTrue(
                list.matches(
                        "(?s).*\nretention  active     com\\.example\\.retention +%s\n    mixer         retention\n.*"
                                .formatted(folder.resolve("retention"))),
                list);
        assertTrue(list.matches("(?s).*\nempty      installed +%s\n.*".formatted(folder.resolve("empty"))), list);
        assertTrue(list.endsWith("""
                        plugin 'empty': no jar in %s; put the jar of its module there, and the libraries that it needs into lib/
                        `carve plugins doctor` has details
                        """.formatted(folder.resolve("empty"))), list);
    }

    @Test
    void plansThatAreNeitherFileNorPresetAreTold() {
        assertEquals(1, carve.run("train", "no-such-recipe"));
        assertEquals(
                "carve: no-such-recipe: not a file, and no preset 'no-such-recipe'; there are none\n", carve.err());
    }
}
