package carve.models.text;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The bytes of the tokens of a {@code tokenizer.json} whose decoder is {@code ByteLevel}, where each character of a token stands
 * for a byte (Radford et al. 2019), or has {@code ByteFallback}, where {@code <0x0A>} is a byte and U+2581 a space.
 */
final class TokenBytes {
    private static final char SPACE = '\u2581';
    private static final Map<Integer, Byte> BYTES_OF_CHARACTERS = bytesOfCharacters();

    private final Map<Integer, String> spellings;
    private final boolean byteLevel;
    private final boolean byteFallback;

    private TokenBytes(Map<Integer, String> spellings, boolean byteLevel, boolean byteFallback) {
        this.spellings = spellings;
        this.byteLevel = byteLevel;
        this.byteFallback = byteFallback;
    }

    static TokenBytes of(JsonObject json, Map<String, Integer> vocabulary) {
        Map<Integer, String> spellings = new HashMap<>();
        vocabulary.forEach((token, id) -> spellings.put(id, token));
        // added tokens are spelled as they are
        for (JsonValue added :
                json.optionalArray("added_tokens").map(JsonArray::items).orElse(List.of())) {
            if (added instanceof JsonObject token) {
                spellings.remove(token.integer("id"));
            }
        }
        String decoder = json.optionalObject("decoder").map(Json::compact).orElse("");
        return new TokenBytes(
                Map.copyOf(spellings), decoder.contains("\"ByteLevel\""), decoder.contains("\"ByteFallback\""));
    }

    /** Returns the bytes of a token, or nothing if only the decoder knows them. */
    Optional<byte[]> of(int id) {
        String token = spellings.getOrDefault(id, "");
        if (token.isEmpty() || !byteLevel && !byteFallback) {
            return Optional.empty();
        }
        return byteLevel ? byteLevel(token) : Optional.of(byteFallback(token));
    }

    private static Optional<byte[]> byteLevel(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            Byte value = BYTES_OF_CHARACTERS.get((int) token.charAt(i));
            if (value == null) {
                return Optional.empty();
            }
            bytes[i] = value;
        }
        return Optional.of(bytes);
    }

    private static byte[] byteFallback(String token) {
        if (token.length() == 6 && token.startsWith("<0x") && token.endsWith(">")) {
            return new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)};
        }
        return token.replace(SPACE, ' ').getBytes(StandardCharsets.UTF_8);
    }

    // printable characters stand for themselves, other bytes for the characters from 256 on, in order
    private static Map<Integer, Byte> bytesOfCharacters() {
        Map<Integer, Byte> bytes = new HashMap<>();
        int next = 256;
        for (int value = 0; value < 256; value++) {
            boolean plain = value >= '!' && value <= '~' || value >= 0xA1 && value <= 0xAC || value >= 0xAE;
            bytes.put(plain ? value : next++, (byte) value);
        }
        return Map.copyOf(bytes);
    }
}
