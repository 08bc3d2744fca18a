package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.app.serve.http.HttpLimits;
import carve.app.serve.openai.RequestLimits;
import carve.app.wiring.AppConfig;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.app.wiring.AppConfig.GenerationConfigSource;
import carve.app.wiring.GlobalOptions;
import carve.runtime.engine.EngineConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ServerConfigTest {
    private static final GenerationConfig GREEDY =
            new GenerationConfig(16, 0, 0, 1, 0, 1, 42, GenerationConfigSource.AUTO);
    private static final List<Path> FOLDER = List.of(Path.of("states"));

    private static ServerConfig read(Map<String, String> overrides) {
        AppConfig app =
                AppConfig.from(new GlobalOptions(List.of(), List.of(), overrides, List.of(), List.of(), "", ""));
        TreeSettings serving = new TreeSettings(app.serving());
        ServerConfig config = ServerConfig.from(
                serving, GREEDY, serving.string("host"), serving.integer("port"), Set.of("a-secret-key"), FOLDER);
        serving.requireAllRead();
        return config;
    }

    @Test
    void defaultsAreThoseOfTheReference() {
        assertEquals(
                new ServerConfig(
                        "127.0.0.1",
                        8080,
                        Set.of("a-secret-key"),
                        new HttpLimits(32 << 20, 1024, 256, 60_000, 10_000, 30_000, 30_000),
                        new RequestLimits(16 << 20, 16, 256, 64, 2000, 4096L << 20),
                        10_000,
                        new EngineConfig(32, 64, 64, 131072, 256 << 20, 1024 << 20, FOLDER),
                        GREEDY),
                read(Map.of()));
    }

    @Test
    void everyKeyCanBeSetToSomethingElse() {
        Map<String, String> overrides = Map.ofEntries(
                Map.entry("carve.serving.host", "0.0.0.0"),
                Map.entry("carve.serving.port", "81"),
                Map.entry("carve.serving.max-batch-size", "2"),
                Map.entry("carve.serving.max-queue-length", "3"),
                Map.entry("carve.serving.prefill-chunk", "4"),
                Map.entry("carve.serving.context-length", "5"),
                Map.entry("carve.serving.prefix-cache-memory-mib", "6"),
                Map.entry("carve.serving.prefix-cache-disk-mib", "7"),
                Map.entry("carve.serving.max-saved-states-mib", "8"),
                Map.entry("carve.serving.max-body-mib", "9"),
                Map.entry("carve.serving.max-pixels", "10"),
                Map.entry("carve.serving.max-images", "11"),
                Map.entry("carve.serving.max-prompts", "12"),
                Map.entry("carve.serving.read-timeout-millis", "13"),
                Map.entry("carve.serving.write-timeout-millis", "14"),
                Map.entry("carve.serving.keep-alive-millis", "15"),
                Map.entry("carve.serving.shutdown-timeout-millis", "16"),
                Map.entry("carve.serving.max-connections", "17"),
                Map.entry("carve.serving.max-connections-per-address", "18"),
                Map.entry("carve.serving.idle-timeout-millis", "19"),
                Map.entry("carve.serving.header-timeout-millis", "20"),
                Map.entry("carve.serving.max-bytes-per-token", "21"));
        assertEquals(
                new ServerConfig(
                        "0.0.0.0",
                        81,
                        Set.of("a-secret-key"),
                        new HttpLimits(9 << 20, 17, 18, 19, 20, 13, 14),
                        new RequestLimits(10, 11, 12, 21, 15, 8 << 20),
                        16,
                        new EngineConfig(2, 3, 4, 5, 6 << 20, 7 << 20, FOLDER),
                        GREEDY),
                read(overrides));
    }

    @ParameterizedTest
    @CsvSource({
        "batch, max-batch-size",
        "queue, max-queue-length",
        "piece, prefill-chunk",
        "max-positions, context-length",
        "cache-memory-mib, prefix-cache-memory-mib",
        "cache-disk-mib, prefix-cache-disk-mib",
        "saved-states-mib, max-saved-states-mib",
        "max-pictures, max-images",
        "ping-millis, keep-alive-millis",
        "grace-millis, shutdown-timeout-millis"
    })
    void oldKeysAreRefusedWithTheNewName(String old, String key) {
        String whole = "carve.serving." + old;
        SettingsException e = assertThrows(SettingsException.class, () -> read(Map.of(whole, "1")));
        assertEquals(
                "-D%s: 1: key '%s' was not used; it is now called '%s'".formatted(whole, old, key), e.getMessage());
    }
}
