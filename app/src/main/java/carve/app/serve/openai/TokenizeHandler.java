package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.Processor;
import carve.app.serve.http.ApiException;
import carve.app.serve.http.HttpCall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * {@code POST /tokenize} and {@code POST /detokenize}: there and back between texts and token ids, and {@code GET
 * /tokenizer_info}, by which harnesses find out that they need no tokenizer of their own; all as vLLM has them.
 */
public final class TokenizeHandler {
    private static final Set<String> TEXT_FIELDS =
            Set.of("model", "prompt", "content", "text", "messages", "add_special_tokens");
    private static final Set<String> TOKEN_FIELDS = Set.of("model", "tokens");

    private final ServedModels servedModels;
    private final RequestPreprocessor requestPreprocessor;

    /** Makes the handler for these models. */
    public TokenizeHandler(ServedModels servedModels, RequestPreprocessor requestPreprocessor) {
        this.servedModels = servedModels;
        this.requestPreprocessor = requestPreprocessor;
    }

    /** Returns the token ids of an array in a field. */
    static int[] tokenIds(JsonArray array, String field, int vocabulary) {
        return array.items().stream()
                .mapToInt(item -> {
                    long id = item instanceof JsonNumber number ? number.whole().orElse(-1) : -1;
                    if (id < 0 || id >= vocabulary) {
                        throw ApiException.invalidParameter(
                                field,
                                "Invalid token id %s: expected a whole number from 0 to %d.",
                                item.describe(),
                                vocabulary - 1);
                    }
                    return (int) id;
                })
                .toArray();
    }

    /** Answers {@code POST /tokenize}: the token ids of a text, or of a conversation. */
    public void tokenize(HttpCall httpCall) throws IOException, InterruptedException {
        try (RequestReader.ReceivedRequest request = requestPreprocessor.read(httpCall)) {
            RequestFields requestFields = new RequestFields(request.json());
            requestFields.requireKnown(TEXT_FIELDS);
            ServedModel model = servedModels.of(requestFields);
            sendTokens(httpCall, model, tokens(requestFields, model));
        }
    }

    private int[] tokens(RequestFields requestFields, ServedModel model) throws InterruptedException {
        Optional<JsonArray> messages = requestFields.array("messages");
        if (messages.isPresent()) {
            return requestPreprocessor
                    .tokenize(model, MessageParser.parsePrompt(messages.get(), requestPreprocessor.limits()))
                    .prompt()
                    .tokens();
        }
        String text = requestFields
                .string("prompt")
                .or(() -> requestFields.string("content"))
                .or(() -> requestFields.string("text"))
                .orElseThrow(() -> requestFields.missing("prompt"));
        return requestPreprocessor.encode(
                model, text, requestFields.flag("add_special_tokens").orElse(true));
    }

    private static void sendTokens(HttpCall httpCall, ServedModel model, int[] tokens) throws IOException {
        // as text: a value for each of millions of tokens would be large
        StringBuilder ids = new StringBuilder("{\"tokens\":[");
        for (int i = 0; i < tokens.length; i++) {
            ids.append(i == 0 ? "" : ",").append(tokens[i]);
        }
        ids.append("],\"count\":%d,\"max_model_len\":%d}"
                .formatted(tokens.length, model.engine().config().contextLength()));
        httpCall.send(200, "application/json", ids.toString().getBytes(StandardCharsets.UTF_8));
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
    public void tokenizerInfo(HttpCall httpCall) throws IOException {
        ServedModel model = servedModels.of(new RequestFields(JsonObject.empty()));
        Processor processor = model.engine().processor();
        int[] beginning = processor.encode("");
        httpCall.send(
                200,
                JsonObject.empty()
                        .with("model", model.name())
                        .with("bos_token", tokenText(processor, Arrays.stream(beginning)))
                        .with(
                                "eos_token",
                                tokenText(
                                        processor,
                                        processor.stopTokens().stream()
                                                .mapToInt(Integer::intValue)
                                                .sorted()))
                        .with("pad_token", new JsonNull())
                        .with("add_bos_token", beginning.length > 0)
                        .with("vocab_size", model.engine().spec().vocabulary())
                        .with("max_model_len", model.engine().config().contextLength()));
    }

    private static JsonValue tokenText(Processor processor, IntStream tokens) {
        OptionalInt first = tokens.findFirst();
        return first.isPresent() ? new JsonString(processor.decodeWithSpecialTokens(first.getAsInt())) : new JsonNull();
    }

    /** Answers {@code POST /detokenize}: the text of token ids. */
    public void detokenize(HttpCall httpCall) throws IOException, InterruptedException {
        try (RequestReader.ReceivedRequest request = requestPreprocessor.read(httpCall)) {
            RequestFields requestFields = new RequestFields(request.json());
            requestFields.requireKnown(TOKEN_FIELDS);
            ServedModel model = servedModels.of(requestFields);
            JsonArray tokens = requestFields.array("tokens").orElseThrow(() -> requestFields.missing("tokens"));
            int[] ids = tokenIds(tokens, "tokens", model.engine().spec().vocabulary());
            httpCall.send(
                    200,
                    JsonObject.empty().with("prompt", model.engine().processor().decodeWithSpecialTokens(ids)));
        }
    }
}
