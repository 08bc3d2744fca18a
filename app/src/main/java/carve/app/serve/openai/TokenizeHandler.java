package carve.app.serve.openai;

import carve.api.json.Json;
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
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * {@code POST /tokenize} and {@code POST /detokenize}: there and back between texts and token ids; {@code POST /apply-template}: the
 * text of a conversation's prompt; and {@code GET /tokenizer_info}, by which harnesses find out that they need no tokenizer of their
 * own. All as vLLM has them, {@code /apply-template} and the field {@code content} as llama.cpp.
 */
public final class TokenizeHandler {
    private static final Set<String> TEXT_FIELDS = Set.of(
            "model",
            "prompt",
            "content",
            "text",
            "add_special_tokens",
            "add_special",
            "parse_special",
            "with_pieces",
            "return_token_strs");
    private static final List<String> TOKEN_LISTS = List.of("with_pieces", "return_token_strs");
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
            ServedModel model = servedModels.of(requestFields);
            int[] tokens = requestFields.value("messages").isPresent()
                    ? conversationTokens(request.json(), model)
                    : textTokens(requestFields, model);
            sendTokens(
                    httpCall,
                    model,
                    tokens,
                    requestFields.flag("with_pieces").orElse(false),
                    requestFields.flag("return_token_strs").orElse(false));
        }
    }

    private int[] conversationTokens(JsonObject request, ServedModel model) throws InterruptedException {
        JsonObject chat = request;
        for (String name : TOKEN_LISTS) {
            chat = chat.without(name);
        }
        // a chat template writes the tokens that begin texts itself
        requireFalse(chat, "add_special_tokens");
        return requestPreprocessor
                .tokenize(model, conversation(chat.without("add_special_tokens"), model))
                .prompt()
                .tokens();
    }

    private static void requireFalse(JsonObject request, String name) {
        if (new RequestFields(request).flag(name).orElse(false)) {
            throw ApiException.invalidParameter(
                    name, "Unsupported value: '%s' is not supported with 'messages', found true.", name);
        }
    }

    private ConversationRequest conversation(JsonObject request, ServedModel model) {
        RequestFields requestFields = RequestSchema.check(request, RequestSchema.Endpoint.CHAT);
        return ConversationRequest.of(
                requestFields,
                requestFields.array("messages").orElseThrow(() -> requestFields.missing("messages")),
                model.engine().processor(),
                requestPreprocessor.limits());
    }

    private int[] textTokens(RequestFields requestFields, ServedModel model) throws InterruptedException {
        requestFields.requireKnown(TEXT_FIELDS);
        Optional<String> content = requestFields.string("content");
        String text = requestFields
                .string("prompt")
                .or(() -> content)
                .or(() -> requestFields.string("text"))
                .orElseThrow(() -> requestFields.missing("prompt"));
        boolean begun = requestFields
                .flag("add_special_tokens")
                .or(() -> requestFields.flag("add_special"))
                .orElse(content.isEmpty());
        return requestPreprocessor.encode(
                model, text, begun, requestFields.flag("parse_special").orElse(true));
    }

    private static void sendTokens(
            HttpCall httpCall, ServedModel model, int[] tokens, boolean withPieces, boolean withStrings)
            throws IOException {
        // as text: a value for each of millions of tokens would be large
        TokenPieces pieces = new TokenPieces(model.engine().processor());
        StringBuilder body = new StringBuilder("{\"tokens\":[");
        for (int i = 0; i < tokens.length; i++) {
            body.append(i == 0 ? "" : ",").append(withPieces ? pieces.json(tokens[i]) : tokens[i]);
        }
        if (withStrings) {
            body.append("],\"token_strs\":[");
            for (int i = 0; i < tokens.length; i++) {
                body.append(i == 0 ? "" : ",").append(Json.compact(new JsonString(pieces.text(tokens[i]))));
            }
        }
        body.append("],\"count\":%d,\"max_model_len\":%d}".formatted(tokens.length, model.maxModelLength()));
        httpCall.send(200, "application/json", body.toString().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Returns the token ids of a text. What is put before texts, such as {@code <s>}, is there once at most: clients that send as
     * text what they have tokenized themselves have written it already, and count it.
     *
     * @param begun whether the text stands at the beginning
     * @param special whether special tokens in it are tokens
     */
    static int[] encode(Processor processor, String text, boolean begun, boolean special) {
        int[] bare = processor.encode(text, false, special);
        if (!begun) {
            return bare;
        }
        int[] tokens = processor.encode(text, true, special);
        int before = tokens.length - bare.length;
        while (before > 0 && !Arrays.equals(tokens, before, before + bare.length, bare, 0, bare.length)) {
            before--;
        }
        boolean twice = before > 0 && before <= bare.length && Arrays.equals(tokens, 0, before, bare, 0, before);
        return twice ? Arrays.copyOfRange(tokens, before, tokens.length) : tokens;
    }

    /** Answers {@code POST /apply-template}: the text of a conversation's prompt. */
    public void applyTemplate(HttpCall httpCall) throws IOException, InterruptedException {
        try (RequestReader.ReceivedRequest request = requestPreprocessor.read(httpCall)) {
            ServedModel model = servedModels.of(new RequestFields(request.json()));
            String prompt = requestPreprocessor.promptText(model, conversation(request.json(), model));
            httpCall.send(200, JsonObject.empty().with("prompt", prompt));
        }
    }

    /** Answers {@code GET /tokenizer_info}: how texts begin and end, where there is one model. */
    public void tokenizerInfo(HttpCall httpCall) throws IOException {
        ServedModel model = servedModels.of(new RequestFields(JsonObject.empty()));
        Processor processor = model.engine().processor();
        int[] beginning = processor.encode("");
        JsonObject info = JsonObject.empty()
                .with("model", model.name())
                .with("bos_token", tokenText(processor, processor.beginningToken(), Arrays.stream(beginning)))
                .with(
                        "eos_token",
                        tokenText(
                                processor,
                                processor.endToken(),
                                processor.stopTokens().stream()
                                        .mapToInt(Integer::intValue)
                                        .sorted()))
                .with("pad_token", new JsonNull())
                .with("add_bos_token", beginning.length > 0)
                .with("vocab_size", model.engine().spec().vocabulary())
                .with("max_model_len", model.maxModelLength());
        httpCall.send(
                200,
                processor
                        .chatTemplate()
                        .map(source -> info.with("chat_template", source))
                        .orElse(info));
    }

    // the tokenizer's own, else what it puts there
    private static JsonValue tokenText(Processor processor, OptionalInt named, IntStream otherwise) {
        OptionalInt token = named.isPresent() ? named : otherwise.findFirst();
        return token.isPresent() ? new JsonString(processor.decodeWithSpecialTokens(token.getAsInt())) : new JsonNull();
    }

    /** Answers {@code POST /detokenize}: the text of token ids. */
    public void detokenize(HttpCall httpCall) throws IOException, InterruptedException {
        try (RequestReader.ReceivedRequest request = requestPreprocessor.read(httpCall)) {
            RequestFields requestFields = new RequestFields(request.json());
            requestFields.requireKnown(TOKEN_FIELDS);
            ServedModel model = servedModels.of(requestFields);
            JsonArray tokens = requestFields.array("tokens").orElseThrow(() -> requestFields.missing("tokens"));
            int[] ids = tokenIds(tokens, "tokens", model.engine().spec().vocabulary());
            String text = model.engine().processor().decodeWithSpecialTokens(ids);
            httpCall.send(200, JsonObject.empty().with("prompt", text).with("content", text));
        }
    }
}
