package carve.hocon;

import carve.api.config.SettingsException;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A text in HOCON of bounded length and nesting, so that parsing it ends and fits the stack.
 *
 * @param text the text
 * @param origin what messages call it
 */
record HoconText(String text, String origin) {
    private static final int MAX_BYTES = 4 << 20;
    private static final int MAX_DEPTH = 64;

    /**
     * Checks length and nesting.
     *
     * @throws SettingsException if the text is too long or brackets are nested too deeply, with the line
     */
    HoconText {
        if (text.length() > MAX_BYTES) {
            throw tooLong(origin);
        }
        new NestingCheck(text, origin, MAX_DEPTH).run();
    }

    /**
     * Reads a file in UTF-8.
     *
     * @throws SettingsException if it cannot be read, or is too long or nested too deeply
     */
    static HoconText read(Path file, String origin) {
        try (InputStream stream = Files.newInputStream(file)) {
            return read(stream, origin);
        } catch (IOException e) {
            throw new SettingsException("%s: cannot be read: %s".formatted(origin, e.getMessage()), e);
        }
    }

    /**
     * Reads a stream in UTF-8, which stays open.
     *
     * @throws IOException if it cannot be read
     */
    static HoconText read(InputStream stream, String origin) throws IOException {
        byte[] bytes = stream.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
            throw tooLong(origin);
        }
        return new HoconText(new String(bytes, StandardCharsets.UTF_8), origin);
    }

    private static SettingsException tooLong(String origin) {
        return new SettingsException("%s: is longer than %d bytes, the limit of settings".formatted(origin, MAX_BYTES));
    }

    /** Returns what the text says, with substitutions left as they are. */
    Config parse(ConfigParseOptions options) {
        return ConfigFactory.parseString(
                text, options.setSyntax(syntax()).setOriginDescription(origin).setAllowMissing(false));
    }

    private ConfigSyntax syntax() {
        if (origin.endsWith(".json")) {
            return ConfigSyntax.JSON;
        }
        return origin.endsWith(".properties") ? ConfigSyntax.PROPERTIES : ConfigSyntax.CONF;
    }

    /** Returns file and line of the include of a name; the file alone where the line is not found. */
    String placeOf(String included) {
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains("include") && lines.get(i).contains(included)) {
                return "%s: %d".formatted(origin, i + 1);
            }
        }
        return origin;
    }
}
