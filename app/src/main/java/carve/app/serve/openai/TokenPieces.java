package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.Processor;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The texts of single tokens, as llama.cpp tells them: a string, or the bytes of one that is a part of a character.
 *
 * @param processor the model's
 */
record TokenPieces(Processor processor) {
    /** Returns a token with its piece. */
    JsonObject json(int token) {
        return JsonObject.empty().with("id", token).with("piece", piece(token));
    }

    private JsonValue piece(int token) {
        byte[] bytes = processor.tokenBytes(token);
        if (bytes.length == 0) {
            return new JsonString(text(token));
        }
        try {
            return new JsonString(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException _) {
            List<JsonValue> values = new ArrayList<>();
            for (byte value : bytes) {
                values.add(JsonNumber.of((long) Byte.toUnsignedInt(value)));
            }
            return new JsonArray(values);
        }
    }

    /** Returns the text of a token, special or not; the parts of characters are replaced. */
    String text(int token) {
        byte[] bytes = processor.tokenBytes(token);
        return bytes.length == 0 ? processor.decodeWithSpecialTokens(token) : new String(bytes, StandardCharsets.UTF_8);
    }
}
