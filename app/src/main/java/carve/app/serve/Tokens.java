package carve.app.serve;

import carve.api.config.JsonArray;
import carve.api.config.JsonException;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** {@code POST /tokenize} and {@code POST /detokenize}: there and back between texts and token ids. */
final class Tokens {
    private final Models models;
    private final Asking asking;

    Tokens(Models models, Asking asking) {
        this.models = models;
        this.asking = asking;
    }

    /** Returns the token ids of an array. */
    static int[] ids(JsonArray array, int vocabulary) {
        return array.items().stream()
                .mapToInt(item -> {
                    long id = item instanceof JsonNumber number ? number.whole().orElse(-1) : -1;
                    if (id < 0 || id >= vocabulary) {
                        throw ApiException.invalid(
                                "prompt",
                                "Invalid token id %s: expected a whole number from 0 to %d.",
                                item.describe(),
                                vocabulary - 1);
                    }
                    return (int) id;
                })
                .toArray();
    }

    /** Answers {@code POST /tokenize}: the token ids of a text, or of a conversation. */
    void tokenize(Call call) throws IOException, InterruptedException {
        Fields fields = new Fields(call.json());
        ServedModel model = models.of(fields);
        int[] tokens;
        if (fields.array("messages").isPresent()) {
            tokens = asking.conversation(
                            model,
                            Conversation.read(
                                    fields.array("messages").get(),
                                    asking.config().limits()))
                    .prompt()
                    .tokens();
        } else {
            String text = fields.string("prompt")
                    .or(() -> fields.string("content"))
                    .or(() -> fields.string("text"))
                    .orElseThrow(() -> ApiException.invalid("prompt", "Missing required parameter: 'prompt'."));
            tokens = model.engine().processor().encode(text);
        }
        // as text: a value for each of millions of tokens would be large
        StringBuilder ids = new StringBuilder("{\"tokens\":[");
        for (int i = 0; i < tokens.length; i++) {
            ids.append(i == 0 ? "" : ",").append(tokens[i]);
        }
        ids.append("],\"count\":%d,\"max_model_len\":%d}"
                .formatted(tokens.length, model.engine().config().positions()));
        call.send(200, "application/json", ids.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Answers {@code POST /detokenize}: the text of token ids. */
    void detokenize(Call call) throws IOException {
        Fields fields = new Fields(call.json());
        ServedModel model = models.of(fields);
        JsonArray tokens = fields.array("tokens")
                .orElseThrow(() -> ApiException.invalid("tokens", "Missing required parameter: 'tokens'."));
        try {
            int[] ids = ids(tokens, model.engine().spec().vocabulary());
            call.send(
                    200,
                    JsonObject.empty().with("prompt", model.engine().processor().decode(ids)));
        } catch (JsonException e) {
            throw ApiException.invalid("tokens", "Invalid 'tokens': %s", e.getMessage());
        }
    }
}
