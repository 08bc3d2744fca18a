package carve.app.cli;

import carve.api.config.SettingsException;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.runtime.model.ModelFolder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The lengths in tokens on a command line, such as {@code 512,1k,4k}; k is 1024. */
final class TokenLengths {
    private static final List<String> MAX_POSITIONS =
            List.of("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "n_ctx");

    private TokenLengths() {}

    /**
     * Returns the lengths of an option.
     *
     * @throws SettingsException if one is no number above 0
     */
    static List<Integer> parse(String option, String text) {
        return Arrays.stream(text.split(","))
                .map(part -> length(option, part.strip()))
                .distinct()
                .toList();
    }

    private static int length(String option, String part) {
        String lower = part.toLowerCase(Locale.ROOT);
        if (!lower.matches("[1-9][0-9]{0,6}k?")) {
            throw new SettingsException("%s: expected lengths such as 512,1k,4k, found '%s'".formatted(option, part));
        }
        return lower.endsWith("k")
                ? 1024 * Integer.parseInt(lower.substring(0, lower.length() - 1))
                : Integer.parseInt(lower);
    }

    /**
     * Checks that a model was made for lengths, as far as its configuration says.
     *
     * @throws SettingsException if one is longer
     */
    static void requirePositions(String option, ModelFolder folder, List<Integer> lengths) {
        JsonObject config = folder.spec().config();
        Stream.concat(
                        Stream.of(config),
                        Stream.of("text_config", "llm_config", "language_config")
                                .flatMap(key -> config.value(key).stream())
                                .filter(JsonObject.class::isInstance)
                                .map(JsonObject.class::cast))
                .flatMap(json -> MAX_POSITIONS.stream().flatMap(key -> json.value(key).stream()))
                .filter(JsonNumber.class::isInstance)
                .mapToLong(value -> ((JsonNumber) value).whole().orElse(0))
                .filter(positions -> positions > 0)
                .findFirst()
                .ifPresent(positions -> lengths.stream()
                        .filter(length -> length > positions)
                        .findFirst()
                        .ifPresent(length -> {
                            throw new SettingsException("%s: %s was made for %d positions, found %d"
                                    .formatted(option, folder, positions, length));
                        }));
    }
}
