package carve.app.serve;

import carve.api.config.JsonArray;
import carve.api.config.JsonNull;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import carve.api.model.Processor;
import carve.app.engine.Score;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells how probable tokens were, in the forms of OpenAI's two interfaces.
 *
 * @param processor knows their texts
 */
record Logprobs(Processor processor) {
    // what JSON cannot say
    private static final double LEAST = -9999;

    private static JsonNumber number(double logProbability) {
        return JsonNumber.of(Double.isFinite(logProbability) ? Math.max(LEAST, logProbability) : LEAST);
    }

    /** Returns the text of a token alone. */
    String text(int token) {
        return processor.decode(token);
    }

    /** Returns an entry of a chat's {@code logprobs.content}. */
    JsonObject chat(Score score) {
        List<JsonValue> best = score.best().stream()
                .<JsonValue>map(one -> token(one.token(), one.logProbability()))
                .toList();
        return token(score.token(), score.logProbability()).with("top_logprobs", new JsonArray(best));
    }

    private JsonObject token(int token, double logProbability) {
        String text = text(token);
        List<JsonValue> bytes = new ArrayList<>();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            bytes.add(JsonNumber.of(value & 0xFF));
        }
        return JsonObject.empty()
                .with("token", text)
                .with("logprob", number(logProbability))
                .with("bytes", new JsonArray(bytes));
    }

    /** Tokens with their scores; the first token of a prompt has none. */
    static final class Table {
        private final List<JsonValue> tokens = new ArrayList<>();
        private final List<JsonValue> logprobs = new ArrayList<>();
        private final List<JsonValue> best = new ArrayList<>();
        private final List<JsonValue> offsets = new ArrayList<>();
        private int offset;

        /** Adds a token that nothing came before. */
        void add(Logprobs told, int token) {
            add(told.text(token));
            logprobs.add(new JsonNull());
            best.add(new JsonNull());
        }

        /** Adds a token. */
        void add(Logprobs told, Score score) {
            add(told.text(score.token()));
            logprobs.add(number(score.logProbability()));
            Map<String, JsonValue> map = new LinkedHashMap<>();
            // the more probable of two tokens of one text stays
            score.best().forEach(one -> map.putIfAbsent(told.text(one.token()), number(one.logProbability())));
            map.putIfAbsent(told.text(score.token()), number(score.logProbability()));
            best.add(JsonObject.of(map));
        }

        private void add(String text) {
            tokens.add(new JsonString(text));
            offsets.add(JsonNumber.of(offset));
            offset += text.length();
        }

        /** Returns the {@code logprobs} of a completion. */
        JsonObject json() {
            return JsonObject.empty()
                    .with("tokens", new JsonArray(tokens))
                    .with("token_logprobs", new JsonArray(logprobs))
                    .with("top_logprobs", new JsonArray(best))
                    .with("text_offset", new JsonArray(offsets));
        }
    }
}
