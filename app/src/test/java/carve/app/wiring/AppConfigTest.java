package carve.app.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import carve.api.device.KernelPolicy;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.app.wiring.AppConfig.GenerationConfigSource;
import carve.app.wiring.AppConfig.RecallDefaults;
import carve.runtime.eval.EvaluationConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program's settings: their defaults, and what goes over them. */
final class AppConfigTest {
    @TempDir
    private Path folder;

    private static GlobalOptions globals(
            List<Path> files, Map<String, String> overrides, String device, String kernels) {
        return new GlobalOptions(List.of(), files, overrides, List.of(), List.of(), device, kernels);
    }

    private AppConfig with(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("carve.conf"), text);
        return AppConfig.from(globals(List.of(file), Map.of(), "", ""));
    }

    @Test
    void defaultsAreThoseOfTheReference() {
        AppConfig config = AppConfig.from(globals(List.of(), Map.of(), "", ""));
        assertEquals("auto", config.device());
        assertEquals(KernelPolicy.PREFERRED, config.kernelPolicy());
        assertEquals(List.of(), config.plugins());
        assertEquals(
                new GenerationConfig(512, 0.7, 0, 0.95, 0, 1, 42, GenerationConfigSource.AUTO),
                config.generationConfig());
        assertEquals(new EvaluationConfig(16, 64), config.evaluation());
        assertEquals(new RecallDefaults("512,1k", 20, 42), config.recall());
        assertEquals(Map.of(), config.providers().members());
    }

    @Test
    void everyKeyCanBeSetToSomethingElse() throws IOException {
        AppConfig config = with("""
                carve {
                  device = reference, kernels = off, plugins = [more]
                  generation {
                    max-tokens = 1, temperature = 0, top-k = 2, top-p = 0.5, min-p = 0.25, repetition-penalty = 1.5, seed = 3
                    generation-config = carve
                  }
                  evaluation { batch-size = 4, max-tokens = 5, recall { lengths = "2k", samples = 3, seed = 4 } }
                  mixers.mamba2.state-size = 6
                }
                """);
        assertEquals("reference", config.device());
        assertEquals(KernelPolicy.OFF, config.kernelPolicy());
        assertEquals(List.of(Path.of("more")), config.plugins());
        assertEquals(
                new GenerationConfig(1, 0, 2, 0.5, 0.25, 1.5, 3, GenerationConfigSource.CARVE),
                config.generationConfig());
        assertEquals(new EvaluationConfig(4, 5), config.evaluation());
        assertEquals(new RecallDefaults("2k", 3, 4), config.recall());
        assertEquals(
                Map.of("mixers", Map.of("mamba2", Map.of("state-size", 6))),
                config.providers().toMap());
    }

    @Test
    void theCommandLineGoesOverFiles() throws IOException {
        Path file = Files.writeString(folder.resolve("carve.conf"), "carve { device = cpu, kernels = off }");
        AppConfig config = AppConfig.from(globals(List.of(file), Map.of("carve.device", "cuda"), "", "required"));
        assertEquals("cuda", config.device());
        assertEquals(KernelPolicy.REQUIRED, config.kernelPolicy());
        assertEquals(
                "reference",
                AppConfig.from(globals(List.of(file), Map.of("carve.device", "cuda"), "reference", ""))
                        .device());
    }

    @Test
    void unknownKeysAreRefusedWithTheNearestOne() {
        var error = assertThrows(SettingsException.class, () -> with("carve {\n  devcie = cpu\n}"));
        assertEquals(
                folder.resolve("carve.conf") + ": 2: key 'devcie' was not used; did you mean 'device'?",
                error.getMessage());
    }

    @Test
    void unknownPoliciesAreRefused() {
        var error = assertThrows(SettingsException.class, () -> with("carve.kernels = prefered"));
        assertEquals(
                folder.resolve("carve.conf") + ": 1: key 'kernels': no policy 'prefered'; there are off, preferred,"
                        + " required (did you mean 'preferred'?)",
                error.getMessage());
    }

    @Test
    void aModelOfTheHubNeedsNoQuotesOnTheCommandLine() {
        assertEquals(
                Map.of("teacher", "hf:acme/tiny@v1.0", "seed", "7"),
                AppConfig.overrides(Map.of("teacher", "hf:acme/tiny@v1.0", "seed", "7"), false)
                        .toMap()
                        .entrySet()
                        .stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, entry -> String.valueOf(entry.getValue()))));
    }
}
