package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.Processor;
import carve.runtime.engine.TokenLogprob;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A formatter of log probabilities, in the forms of OpenAI's two interfaces.
 *
 * @param processor knows their texts
 */
record LogprobsFormatter(Processor processor) {
    // what JSON cannot say
    private static final double LEAST = -9999;

    private static JsonNumber number(double logProbability) {
        return JsonNumber.of(Double.isFinite(logProbability) ? Math.max(LEAST, logProbability) : LEAST);
    }

    /**
     * Returns the name of a token: its text, the spelling of a special token, or escaped bytes, as OpenAI writes them, where they
     * are not whole characters, so that different tokens have different names.
     *
     * @param prefix what is put before escaped bytes
     */
    private String name(int token, String prefix) {
        byte[] bytes = processor.tokenBytes(token);
        if (bytes.length == 0) {
            return processor.decodeWithSpecialTokens(token);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            StringBuilder escaped = new StringBuilder(prefix);
            for (byte value : bytes) {
                escaped.append("\\x%02x".formatted(value & 0xFF));
            }
            return escaped.toString();
        }
    }

    /** Returns an entry of a chat's {@code logprobs.content}. */
    JsonObject chatEntry(TokenLogprob tokenLogprob) {
        List<JsonValue> best = tokenLogprob.topLogprobs().stream()
                .<JsonValue>map(one -> token(one.token(), one.logprob()))
                .toList();
        return token(tokenLogprob.token(), tokenLogprob.logprob()).with("top_logprobs", new JsonArray(best));
    }

    private JsonObject token(int token, double logProbability) {
        List<JsonValue> bytes = new ArrayList<>();
        for (byte value : processor.tokenBytes(token)) {
            bytes.add(JsonNumber.of(value & 0xFF));
        }
        return JsonObject.empty()
                .with("token", name(token, ""))
                .with("logprob", number(logProbability))
                .with("bytes", new JsonArray(bytes));
    }

    /**
     * Tokens with their scores; the first token of a prompt has none. Offsets count the characters (code points) of the text before
     * a token; a token that goes on with a character has the offset of that character.
     */
    static final class CompletionLogprobs {
        private static final String BYTES = "bytes:";

        private final List<JsonValue> tokens = new ArrayList<>();
        private final List<JsonValue> logprobs = new ArrayList<>();
        private final List<JsonValue> best = new ArrayList<>();
        private final List<JsonValue> offsets = new ArrayList<>();
        private final CharacterCounter characters = new CharacterCounter();

        /** Adds a token that nothing came before. */
        void add(LogprobsFormatter told, int token) {
            addToken(told, token);
            logprobs.add(new JsonNull());
            best.add(new JsonNull());
        }

        /** Adds a token. */
        void add(LogprobsFormatter told, TokenLogprob tokenLogprob) {
            addToken(told, tokenLogprob.token());
            logprobs.add(number(tokenLogprob.logprob()));
            Map<String, JsonValue> map = new LinkedHashMap<>();
            // the more probable of two tokens of one text stays
            tokenLogprob
                    .topLogprobs()
                    .forEach(one -> map.putIfAbsent(told.name(one.token(), BYTES), number(one.logprob())));
            map.putIfAbsent(told.name(tokenLogprob.token(), BYTES), number(tokenLogprob.logprob()));
            best.add(JsonObject.of(map));
        }

        private void addToken(LogprobsFormatter told, int token) {
            tokens.add(new JsonString(told.name(token, BYTES)));
            offsets.add(JsonNumber.of(characters.add(told.processor().tokenBytes(token))));
        }

        /** Returns the {@code logprobs} of a completion. */
        JsonObject json() {
            return JsonObject.empty()
                    .with("tokens", new JsonArray(tokens))
                    .with("token_logprobs", new JsonArray(logprobs))
                    .with("top_logprobs", new JsonArray(best))
                    .with("text_offset", new JsonArray(offsets));
        }

        /** Returns the {@code logprobs} of the tokens since this was called before; offsets go on. */
        JsonObject takeJson() {
            JsonObject json = json();
            List.of(tokens, logprobs, best, offsets).forEach(List::clear);
            return json;
        }
    }
}
