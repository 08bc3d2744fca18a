package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.MixerProvider;
import carve.api.mixer.RotaryEmbedding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExceptionOriginTest {
    @TempDir
    private Path plugins;

    private MixerProvider provider(String module) throws IOException {
        PluginJarBuilder.mixer(module, "faulty").write(plugins.resolve("faulty").resolve("faulty.jar"));
        return PluginSet.load(List.of(), List.of(plugins)).providers().stream()
                .filter(MixerProvider.class::isInstance)
                .map(MixerProvider.class::cast)
                .filter(found -> found.name().equals("faulty"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theModuleOfThePluginIsFound() throws IOException {
        MixerProvider faulty = provider("com.example.faulty");
        LayerConfig config = new LayerConfig(4, 1, 1, 4, false, 1e-5, RotaryEmbedding.NONE);
        Throwable thrown = assertThrows(
                UnsupportedOperationException.class,
                () -> faulty.create(config, MapSettings.of(Map.of("word", "x"), "test")));
        assertEquals(Optional.of("com.example.faulty"), ExceptionOrigin.pluginModule(thrown));
    }

    @Test
    void exceptionsOfTheProgramHaveNone() {
        assertEquals(Optional.empty(), ExceptionOrigin.pluginModule(new IllegalStateException("x")));
    }
}
