package carve.models.text;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Byte-level pair encoding of GPT-2 (Radford et al. 2019), CodeGen and Phi: {@code vocab.json} with the id of each
 * token, {@code merges.txt} with a pair of tokens on each line, best one first, and {@code added_tokens.json} with
 * further tokens, which are matched in texts verbatim. It is converted to the equivalent {@code tokenizer.json}.
 */
final class ByteLevelBpe {
    static final String VOCABULARY = "vocab.json";
    private static final String MERGES = "merges.txt";
    private static final String ADDED = "added_tokens.json";
    private static final String SPECIAL = "special_tokens_map.json";

    private ByteLevelBpe() {}

    static JsonObject json(Path folder) {
        JsonObject vocabulary = Json.readObject(folder.resolve(VOCABULARY));
        return TokenizerJson.of(
                addedTokens(folder, vocabulary),
                TokenizerJson.byteLevel(false, true),
                TokenizerJson.byteLevel(true, true),
                TokenizerJson.bpe(vocabulary, merges(folder.resolve(MERGES)), false));
    }

    private static JsonArray merges(Path file) {
        try {
            return JsonArray.ofStrings(Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#version"))
                    .toList());
        } catch (IOException e) {
            throw new TextException("tokenizer %s: cannot be read, %s".formatted(file, e.getMessage()), e);
        }
    }

    // by id; the special ones are those that special_tokens_map.json names, and the end of text in any case
    private static List<JsonValue> addedTokens(Path folder, JsonObject vocabulary) {
        List<String> special = special(folder);
        Map<String, Integer> ids = new LinkedHashMap<>();
        special.stream().filter(vocabulary::has).forEach(token -> ids.put(token, vocabulary.integer(token)));
        if (Files.isRegularFile(folder.resolve(ADDED))) {
            JsonObject added = Json.readObject(folder.resolve(ADDED));
            added.keys().forEach(token -> ids.put(token, added.integer(token)));
        }
        Map<Integer, JsonValue> tokens = new TreeMap<>();
        ids.forEach((token, id) -> tokens.put(id, TokenizerJson.added(id, token, special.contains(token))));
        return List.copyOf(tokens.values());
    }

    private static List<String> special(Path folder) {
        List<String> special = new ArrayList<>(List.of("<|endoftext|>"));
        if (Files.isRegularFile(folder.resolve(SPECIAL))) {
            for (JsonValue value :
                    Json.readObject(folder.resolve(SPECIAL)).members().values()) {
                if (value instanceof JsonString token) {
                    special.add(token.text());
                } else if (value instanceof JsonObject token) {
                    special.add(token.string("content"));
                }
            }
        }
        return special;
    }
}
