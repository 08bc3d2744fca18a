package carve.runtime.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The hub and its cache are where huggingface_hub looks for them. */
final class HubConfigTest {
    @TempDir
    private Path home;

    private static String message(Map<String, String> environment) {
        return assertThrows(HubException.class, () -> HubConfig.of(environment)).getMessage();
    }

    @Test
    void withoutVariables() {
        HubConfig config = HubConfig.of(Map.of("HOME", "/home/me"));
        assertEquals(URI.create("https://huggingface.co"), config.endpoint());
        assertEquals(Path.of("/home/me/.cache/huggingface/hub"), config.cache());
        assertEquals("", config.token());
        assertFalse(config.offline());
        assertTrue(config.symlinks());
        assertEquals(Duration.ofSeconds(30), config.timeout());
    }

    @ParameterizedTest
    @CsvSource({
        "XDG_CACHE_HOME, /x, /x/huggingface/hub",
        "HF_HOME, /h, /h/hub",
        "HF_HOME, ~/h, /home/me/h/hub",
        "HF_HOME, $HOME/h, /home/me/h/hub",
        "HF_HOME, ${HOME}/$NOTHING, /home/me/$NOTHING/hub",
        "HUGGINGFACE_HUB_CACHE, /old, /old",
        "HF_HUB_CACHE, /c, /c",
    })
    void folderOfTheCache(String variable, String value, Path cache) {
        assertEquals(
                cache, HubConfig.of(Map.of("HOME", "/home/me", variable, value)).cache());
    }

    @Test
    void tokenOfTheEnvironmentOrTheFile() throws IOException {
        Files.writeString(home.resolve("token"), "hf_file\n");
        Files.writeString(home.resolve("other"), "hf_other");
        assertEquals("hf_file", HubConfig.of(Map.of("HF_HOME", home.toString())).token());
        assertEquals(
                "hf_other",
                HubConfig.of(Map.of("HF_TOKEN_PATH", home.resolve("other").toString()))
                        .token());
        HubConfig config = HubConfig.of(Map.of("HF_HOME", home.toString(), "HF_TOKEN", " hf_variable "));
        assertEquals("hf_variable", config.token());
        assertFalse(config.toString().contains("hf_variable"));
        assertEquals(
                "",
                HubConfig.of(Map.of("HF_TOKEN", "hf_variable", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"))
                        .token());
    }

    @Test
    void valuesThatAreNone() {
        assertEquals(
                "HF_ENDPOINT: not the address of a hub; expected one such as https://huggingface.co, without a user or password",
                message(Map.of("HF_ENDPOINT", "hub")));
        assertEquals(
                message(Map.of("HF_ENDPOINT", "hub")), message(Map.of("HF_ENDPOINT", "https://me:secret@hub.example")));
        assertEquals(
                "HF_TOKEN: not an access token: it has spaces or other characters that no token has",
                message(Map.of("HF_TOKEN", "hf_a\r\nX: y")));
        assertEquals(
                "HF_HUB_DOWNLOAD_TIMEOUT: found '0'; expected a number of seconds",
                message(Map.of("HF_HUB_DOWNLOAD_TIMEOUT", "0")));
    }

    @ParameterizedTest
    @CsvSource({"1, true", "true, true", "ON, true", "0, false", "no, false"})
    void offline(String value, boolean offline) {
        assertEquals(offline, HubConfig.of(Map.of("HF_HUB_OFFLINE", value)).offline());
    }
}
