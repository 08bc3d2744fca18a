package carve.app.serve.openai;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.app.serve.http.HttpCall;
import carve.app.serve.http.RequestHandler;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.TokenLogprob;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** {@code POST /v1/chat/completions}. */
public final class ChatCompletionsHandler implements RequestHandler {
    private static final int MOST_BEST = 20;
    private static final Set<String> OWN = Set.of("state", "save");

    private final ServedModels servedModels;
    private final RequestPreprocessor requestPreprocessor;
    private final StatesHandler statesHandler;

    /** Makes the handler for these models. */
    public ChatCompletionsHandler(
            ServedModels servedModels, RequestPreprocessor requestPreprocessor, StatesHandler statesHandler) {
        this.servedModels = servedModels;
        this.requestPreprocessor = requestPreprocessor;
        this.statesHandler = statesHandler;
    }

    /**
     * The conversation to be saved when the answer is complete.
     *
     * @param wanted whether it is
     * @param parent the state that the conversation goes on from, or nothing
     * @param messages the conversation
     */
    private record SaveRequest(boolean wanted, String parent, JsonArray messages) {}

    /** The parts of one response. */
    private record Reply(
            String id,
            long created,
            ServedModel model,
            CompletionStream completionStream,
            int best,
            SaveRequest saveRequest,
            JsonObject variables) {
        JsonObject head(String object) {
            return JsonObject.empty()
                    .with("id", id)
                    .with("object", object)
                    .with("created", created)
                    .with("model", model.name());
        }
    }

    @Override
    public void handle(HttpCall httpCall) throws IOException, InterruptedException {
        try (RequestReader.ReceivedRequest request = requestPreprocessor.read(httpCall)) {
            answer(httpCall, RequestSchema.check(request.json(), RequestSchema.Endpoint.CHAT));
        }
    }

    private void answer(HttpCall httpCall, RequestFields requestFields) throws IOException, InterruptedException {
        JsonArray given = requestFields.array("messages").orElseThrow(() -> requestFields.missing("messages"));
        Optional<RequestFields> carve = requestFields.object("carve");
        carve.ifPresent(own -> own.requireKnown(OWN));
        Optional<StatesHandler.SavedState> from =
                carve.flatMap(own -> own.string("state")).map(statesHandler::find);
        ServedModel model = from.map(StatesHandler.SavedState::model).orElseGet(() -> servedModels.of(requestFields));
        List<JsonValue> all = new ArrayList<>();
        from.ifPresent(savedState -> all.addAll(savedState.messages().items()));
        all.addAll(given.items());
        SaveRequest saveRequest = new SaveRequest(
                carve.flatMap(own -> own.flag("save")).orElse(false),
                from.map(savedState -> savedState.state().string("id")).orElse(""),
                new JsonArray(all));
        answer(httpCall, requestFields, model, saveRequest);
    }

    private void answer(HttpCall httpCall, RequestFields requestFields, ServedModel model, SaveRequest saveRequest)
            throws IOException, InterruptedException {
        ConversationRequest conversation = ConversationRequest.of(
                requestFields, saveRequest.messages(), model.engine().processor(), requestPreprocessor.limits());
        SamplingParameters samplingParameters = SamplingParameters.of(requestFields, model);
        boolean scored = requestFields.flag("logprobs").orElse(false);
        int best = requestFields.integer("top_logprobs", 0, MOST_BEST).orElse(0);
        Optional<Integer> most = requestFields
                .integer("max_completion_tokens", 1, Integer.MAX_VALUE)
                .or(() -> requestFields.integer("max_tokens", 1, Integer.MAX_VALUE));
        RequestPreprocessor.TokenizedPrompt tokenizedPrompt = requestPreprocessor.tokenize(model, conversation);
        int tokens = model.engine()
                .processor()
                .maxNewTokens(
                        tokenizedPrompt.sample(), requestPreprocessor.maxTokens(model, tokenizedPrompt.prompt(), most));
        // before the request is submitted: the time to its first token begins here
        CompletionMetrics completionMetrics =
                new CompletionMetrics(model, tokenizedPrompt.prompt().length());
        GenerationJob generationJob = RequestPreprocessor.submit(
                model.engine(),
                new GenerationRequest(
                                tokenizedPrompt.prompt(),
                                samplingParameters.sampler(),
                                samplingParameters.stopTokens(),
                                tokens)
                        .with(new GenerationRequest.Outputs(scored ? best : -1, false, false)),
                "messages");
        try (CompletionStream completionStream = new CompletionStream(
                generationJob, model.engine().processor(), samplingParameters.stopStrings(), completionMetrics)) {
            String id = "chatcmpl-" + UUID.randomUUID().toString().replace("-", "");
            Reply reply = new Reply(
                    id,
                    System.currentTimeMillis() / 1000,
                    model,
                    completionStream,
                    scored ? best : -1,
                    saveRequest,
                    conversation.options().variables());
            if (requestFields.flag("stream").orElse(false)) {
                boolean usage = requestFields
                        .object("stream_options")
                        .flatMap(options -> options.flag("include_usage"))
                        .orElse(false);
                stream(httpCall, reply, usage);
            } else {
                whole(httpCall, reply);
            }
        }
    }

    private void whole(HttpCall httpCall, Reply reply) throws IOException, InterruptedException {
        List<CompletionStream.Delta> parts = reply.completionStream()
                .readAll(httpCall, requestPreprocessor.limits().keepAliveMillis());
        StringBuilder text = new StringBuilder();
        parts.forEach(part -> text.append(part.text()));
        List<TokenLogprob> scores =
                parts.stream().flatMap(part -> part.logprobs().stream()).toList();
        JsonObject choice = JsonObject.empty()
                .with("index", 0)
                .with(
                        "message",
                        JsonObject.empty()
                                .with("role", "assistant")
                                .with("content", text.toString())
                                .with("refusal", new JsonNull()))
                .with("logprobs", logprobs(reply, scores))
                .with("finish_reason", reply.completionStream().finishReason());
        CompletionMetrics completionMetrics = reply.completionStream().metrics();
        httpCall.send(
                200,
                reply.head("chat.completion")
                        .with("choices", JsonArray.of(choice))
                        .with("usage", completionMetrics.usage())
                        .with("carve", saved(httpCall, reply, text.toString())));
    }

    /** Returns the figures of an answer, and the id under which the conversation with it was saved. */
    private JsonObject saved(HttpCall httpCall, Reply reply, String text) throws IOException, InterruptedException {
        JsonObject figures = reply.completionStream().metrics().json();
        SaveRequest saveRequest = reply.saveRequest();
        if (!saveRequest.wanted()) {
            return figures;
        }
        List<JsonValue> messages = new ArrayList<>(saveRequest.messages().items());
        messages.add(JsonObject.empty().with("role", "assistant").with("content", text));
        JsonObject state = statesHandler.save(
                httpCall, reply.model(), saveRequest.parent(), new JsonArray(messages), reply.variables());
        return figures.with("state", state.string("id"));
    }

    private void stream(HttpCall httpCall, Reply reply, boolean usage) throws IOException, InterruptedException {
        httpCall.startEventStream();
        JsonObject first = JsonObject.empty().with("role", "assistant").with("content", "");
        httpCall.sendEvent(chunk(reply, first, List.of(), new JsonNull(), usage));
        CompletionStream completionStream = reply.completionStream();
        StringBuilder said = new StringBuilder();
        while (completionStream.finishReason().isEmpty()) {
            int millis = requestPreprocessor.limits().keepAliveMillis();
            Optional<CompletionStream.Delta> part = completionStream.next(millis);
            httpCall.keepAlive(millis);
            if (part.isPresent()
                    && (!part.get().text().isEmpty() || !part.get().logprobs().isEmpty())) {
                said.append(part.get().text());
                JsonObject delta = JsonObject.empty().with("content", part.get().text());
                httpCall.sendEvent(chunk(reply, delta, part.get().logprobs(), new JsonNull(), usage));
            }
        }
        JsonObject figures = saved(httpCall, reply, said.toString());
        httpCall.sendEvent(chunk(
                reply, JsonObject.empty(), List.of(), new JsonString(completionStream.finishReason()), usage, figures));
        if (usage) {
            httpCall.sendEvent(Json.compact(reply.head("chat.completion.chunk")
                    .with("choices", JsonArray.of())
                    .with("usage", completionStream.metrics().usage())
                    .with("carve", figures)));
        }
        httpCall.sendEvent("[DONE]");
        httpCall.endResponse();
    }

    private static String chunk(
            Reply reply, JsonObject delta, List<TokenLogprob> scores, JsonValue finish, boolean usage) {
        return chunk(
                reply,
                delta,
                scores,
                finish,
                usage,
                reply.completionStream().metrics().json());
    }

    private static String chunk(
            Reply reply,
            JsonObject delta,
            List<TokenLogprob> scores,
            JsonValue finish,
            boolean usage,
            JsonObject figures) {
        JsonObject choice = JsonObject.empty()
                .with("index", 0)
                .with("delta", delta)
                .with("logprobs", logprobs(reply, scores))
                .with("finish_reason", finish);
        JsonObject chunk = reply.head("chat.completion.chunk").with("choices", JsonArray.of(choice));
        JsonObject counted = usage ? chunk.with("usage", new JsonNull()) : chunk;
        return Json.compact(counted.with("carve", figures));
    }

    private static JsonValue logprobs(Reply reply, List<TokenLogprob> scores) {
        if (reply.best() < 0) {
            return new JsonNull();
        }
        LogprobsFormatter told = new LogprobsFormatter(reply.model().engine().processor());
        List<JsonValue> content =
                scores.stream().<JsonValue>map(told::chatEntry).toList();
        return JsonObject.empty().with("content", new JsonArray(content)).with("refusal", new JsonNull());
    }
}
