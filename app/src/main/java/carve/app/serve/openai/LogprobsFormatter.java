package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.Processor;
import carve.runtime.engine.TokenLogprob;
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

    /** Returns the text of a token alone. */
    String text(int token) {
        return processor.decode(token);
    }

    /** Returns an entry of a chat's {@code logprobs.content}. */
    JsonObject chatEntry(TokenLogprob tokenLogprob) {
        List<JsonValue> best = tokenLogprob.topLogprobs().stream()
                .<JsonValue>map(one -> token(one.token(), one.logprob()))
                .toList();
        return token(tokenLogprob.token(), tokenLogprob.logprob()).with("top_logprobs", new JsonArray(best));
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
    static final class CompletionLogprobs {
        private final List<JsonValue> tokens = new ArrayList<>();
        private final List<JsonValue> logprobs = new ArrayList<>();
        private final List<JsonValue> best = new ArrayList<>();
        private final List<JsonValue> offsets = new ArrayList<>();
        private int offset;

        /** Adds a token that nothing came before. */
        void add(LogprobsFormatter told, int token) {
            add(told.text(token));
            logprobs.add(new JsonNull());
            best.add(new JsonNull());
        }

        /** Adds a token. */
        void add(LogprobsFormatter told, TokenLogprob tokenLogprob) {
            add(told.text(tokenLogprob.token()));
            logprobs.add(number(tokenLogprob.logprob()));
            Map<String, JsonValue> map = new LinkedHashMap<>();
            // the more probable of two tokens of one text stays
            tokenLogprob.topLogprobs().forEach(one -> map.putIfAbsent(told.text(one.token()), number(one.logprob())));
            map.putIfAbsent(told.text(tokenLogprob.token()), number(tokenLogprob.logprob()));
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
