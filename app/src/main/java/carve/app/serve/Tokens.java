package carve.app.serve;

import carve.api.config.JsonArray;
import carve.api.config.JsonException;
import carve.api.config.JsonNull;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import carve.api.model.Processor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * {@code POST /tokenize} and {@code POST /detokenize}: there and back between texts and token ids, and {@code GET
 * /tokenizer_info}, by which harnesses find out that they need no tokenizer of their own; all as vLLM has them.
 */
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
            tokens = encode(
                    model.engine().processor(),
                    text,
                    fields.flag("add_special_tokens").orElse(true));
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

    /**
     * Returns the token ids of a text. What is put before texts, such as {@code <s>}, is there once at most: clients that send as
     * text what they have tokenized themselves have written it already, and count it.
     *
     * @param begun whether the text stands at the beginning
     */
    static int[] encode(Processor processor, String text, boolean begun) {
        int[] before = processor.encode("");
        int[] tokens = processor.encode(text);
        int[] bare = Arrays.copyOfRange(tokens, before.length, tokens.length);
        int n = before.length;
        boolean twice = n <= bare.length && Arrays.equals(before, 0, n, bare, 0, n);
        return begun && !twice ? tokens : bare;
    }

    /** Answers {@code GET /tokenizer_info}: how texts begin and end, where there is one model. */
    void info(Call call) throws IOException {
        ServedModel model = models.of(new Fields(JsonObject.empty()));
        Processor processor = model.engine().processor();
        int[] beginning = processor.encode("");
        call.send(
                200,
                JsonObject.empty()
                        .with("model", model.name())
                        .with("bos_token", spelled(processor, Arrays.stream(beginning)))
                        .with(
                                "eos_token",
                                spelled(
                                        processor,
                                        processor.stops().stream()
                                                .mapToInt(Integer::intValue)
                                                .sorted()))
                        .with("pad_token", new JsonNull())
                        .with("add_bos_token", beginning.length > 0)
                        .with("vocab_size", model.engine().spec().vocabulary())
                        .with("max_model_len", model.engine().config().positions()));
    }

    private static JsonValue spelled(Processor processor, IntStream tokens) {
        OptionalInt first = tokens.findFirst();
        return first.isPresent() ? new JsonString(processor.spell(first.getAsInt())) : new JsonNull();
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
                    JsonObject.empty().with("prompt", model.engine().processor().spell(ids)));
        } catch (JsonException e) {
            throw ApiException.invalid("tokens", "Invalid 'tokens': %s", e.getMessage());
        }
    }
}
