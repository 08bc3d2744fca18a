package carve.app.serve.openai;

import carve.api.data.Sample;
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
import carve.app.serve.http.RequestHandler;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Prompt;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * {@code POST /v1/completions}: text that goes on as it is, without a template. With {@code echo} and {@code logprobs} the
 * prompt is scored, which is how harnesses compare the answers of a question.
 */
public final class CompletionsHandler implements RequestHandler {
    private static final int MOST_BEST = 20;
    private static final int USUAL_TOKENS = 16;
    private static final int END = 8;

    private final ServedModels servedModels;
    private final RequestPreprocessor requestPreprocessor;

    /** Makes the handler for these models. */
    public CompletionsHandler(ServedModels servedModels, RequestPreprocessor requestPreprocessor) {
        this.servedModels = servedModels;
        this.requestPreprocessor = requestPreprocessor;
    }

    /** A prompt, and the text that is repeated where an echo is asked for. */
    private record CompletionPrompt(Prompt prompt, String text) {
        /** Returns its last tokens. */
        int[] end() {
            int[] tokens = prompt.tokens();
            return Arrays.copyOfRange(tokens, Math.max(0, tokens.length - END), tokens.length);
        }
    }

    /** The options of a request, which hold for each of its prompts. */
    private record CompletionOptions(
            ServedModel model, SamplingParameters samplingParameters, int tokens, int best, boolean echo) {
        Processor processor() {
            return model.engine().processor();
        }

        GenerationRequest request(Prompt prompt) {
            return new GenerationRequest(prompt, samplingParameters.sampler(), samplingParameters.stopTokens(), tokens)
                    .with(new GenerationRequest.Outputs(best, echo && best >= 0, false));
        }
    }

    @Override
    public void handle(HttpCall httpCall) throws IOException, InterruptedException {
        try (RequestReader.ReceivedRequest request = requestPreprocessor.read(httpCall)) {
            answer(httpCall, RequestSchema.check(request.json(), RequestSchema.Endpoint.COMPLETIONS));
        }
    }

    private void answer(HttpCall httpCall, RequestFields requestFields) throws IOException, InterruptedException {
        ServedModel model = servedModels.of(requestFields);
        List<CompletionPrompt> prompts = prompts(requestFields, model);
        CompletionOptions completionOptions = new CompletionOptions(
                model,
                SamplingParameters.of(requestFields, model),
                requestFields.integer("max_tokens", 0, Integer.MAX_VALUE).orElse(USUAL_TOKENS),
                requestFields.integer("logprobs", 0, MOST_BEST).orElse(-1),
                requestFields.flag("echo").orElse(false));
        JsonObject head = JsonObject.empty()
                .with("id", "cmpl-" + UUID.randomUUID().toString().replace("-", ""))
                .with("object", "text_completion")
                .with("created", System.currentTimeMillis() / 1000)
                .with("model", model.name());
        if (requestFields.flag("stream").orElse(false)) {
            boolean usage = requestFields
                    .object("stream_options")
                    .flatMap(options -> options.flag("include_usage"))
                    .orElse(false);
            stream(httpCall, completionOptions, prompts, head, usage);
        } else {
            whole(httpCall, completionOptions, prompts, head);
        }
    }

    private List<CompletionPrompt> prompts(RequestFields requestFields, ServedModel model) throws InterruptedException {
        JsonValue value = requestFields.value("prompt").orElseThrow(() -> requestFields.missing("prompt"));
        boolean single = value instanceof JsonString
                || value instanceof JsonArray array
                        && !array.items().isEmpty()
                        && array.items().getFirst() instanceof JsonNumber;
        List<JsonValue> all = single ? List.of(value) : value instanceof JsonArray array ? array.items() : List.of();
        int most = requestPreprocessor.limits().maxPrompts();
        if (all.isEmpty() || all.size() > most) {
            throw ApiException.invalidParameter(
                    "prompt", "Invalid 'prompt': expected 1 to %d prompts, found %d.", most, all.size());
        }
        if (all.stream().map(JsonValue::getClass).distinct().count() > 1) {
            throw ApiException.invalidParameter(
                    "prompt", "Invalid 'prompt': expected texts or lists of token ids, found both.");
        }
        List<CompletionPrompt> prompts = new ArrayList<>();
        for (JsonValue one : all) {
            prompts.add(given(one, model));
        }
        return List.copyOf(prompts);
    }

    private CompletionPrompt given(JsonValue value, ServedModel model) throws InterruptedException {
        Processor processor = model.engine().processor();
        int[] tokens = switch (value) {
            case JsonString text when text.text().isEmpty() -> beginning(processor);
            case JsonString text -> requestPreprocessor.encode(model, text.text(), true, true);
            case JsonArray ids ->
                TokenizeHandler.tokenIds(ids, "prompt", model.engine().spec().vocabulary());
            default ->
                throw ApiException.invalidParameter(
                        "prompt", "Invalid 'prompt': expected text, token ids, or a list of these.");
        };
        try {
            Sample sample = new Sample(tokens, new boolean[tokens.length], Map.of());
            Prompt prompt = Prompt.of(sample, model.engine().spec().input().imageToken());
            return new CompletionPrompt(
                    prompt, value instanceof JsonString text ? text.text() : processor.decode(tokens));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalidParameter("prompt", "Invalid 'prompt': %s.", e.getMessage());
        }
    }

    // an empty prompt is the beginning of a new text, which follows a token that begins texts or ends them
    private static int[] beginning(Processor processor) {
        int[] tokens = processor.encode("");
        OptionalInt named = processor.beginningToken().isPresent() ? processor.beginningToken() : processor.endToken();
        if (tokens.length > 0 || named.isPresent()) {
            return tokens.length > 0 ? tokens : named.stream().toArray();
        }
        return processor.stopTokens().stream()
                .sorted()
                .limit(1)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private void whole(
            HttpCall httpCall, CompletionOptions completionOptions, List<CompletionPrompt> prompts, JsonObject head)
            throws IOException, InterruptedException {
        List<JsonValue> choices = new ArrayList<>();
        List<CompletionMetrics> lives = new ArrayList<>();
        int window = completionOptions.model().engine().config().maxBatchSize();
        for (int from = 0; from < prompts.size(); from += window) {
            List<CompletionPrompt> some = prompts.subList(from, Math.min(prompts.size(), from + window));
            List<CompletionStream> readings = new ArrayList<>();
            try {
                for (CompletionPrompt completionPrompt : some) {
                    readings.add(
                            reading(httpCall, completionOptions, completionPrompt, from > 0 || !readings.isEmpty()));
                }
                for (int i = 0; i < some.size(); i++) {
                    CompletionStream completionStream = readings.get(i);
                    List<CompletionStream.Delta> parts = completionStream.readAll(
                            httpCall, requestPreprocessor.limits().keepAliveMillis());
                    choices.add(choice(completionOptions, some.get(i), completionStream, parts, choices.size()));
                    lives.add(completionStream.metrics());
                }
            } finally {
                readings.forEach(CompletionStream::close);
            }
        }
        JsonObject body = head.with("choices", new JsonArray(choices)).with("usage", usage(lives));
        httpCall.send(
                200, lives.size() == 1 ? body.with("carve", lives.getFirst().json()) : body);
    }

    // the first of a request is refused where too many wait; the others wait for their turn
    private CompletionStream reading(
            HttpCall httpCall, CompletionOptions completionOptions, CompletionPrompt completionPrompt, boolean patient)
            throws IOException, InterruptedException {
        while (true) {
            try {
                CompletionMetrics completionMetrics = new CompletionMetrics(
                        completionOptions.model(), completionPrompt.prompt().length());
                GenerationJob generationJob = RequestPreprocessor.submit(
                        completionOptions.model().engine(),
                        completionOptions.request(completionPrompt.prompt()),
                        "prompt");
                return new CompletionStream(
                        generationJob,
                        completionOptions.processor(),
                        completionOptions.samplingParameters().stopStrings(),
                        completionMetrics,
                        completionPrompt.end());
            } catch (ApiException e) {
                if (e.status() != 429 || !patient) {
                    throw e;
                }
                int millis = requestPreprocessor.limits().keepAliveMillis();
                Thread.sleep(millis);
                httpCall.keepAlive(millis);
            }
        }
    }

    private static JsonObject usage(List<CompletionMetrics> lives) {
        int prompt = lives.stream().mapToInt(CompletionMetrics::promptTokens).sum();
        int tokens =
                lives.stream().mapToInt(CompletionMetrics::completionTokens).sum();
        int cached = lives.stream().mapToInt(CompletionMetrics::cachedTokens).sum();
        return JsonObject.empty()
                .with("prompt_tokens", prompt)
                .with("completion_tokens", tokens)
                .with("total_tokens", prompt + tokens)
                .with("prompt_tokens_details", JsonObject.empty().with("cached_tokens", cached));
    }

    private static JsonObject choice(
            CompletionOptions completionOptions,
            CompletionPrompt completionPrompt,
            CompletionStream completionStream,
            List<CompletionStream.Delta> parts,
            int index) {
        StringBuilder text = new StringBuilder(completionOptions.echo() ? completionPrompt.text() : "");
        parts.forEach(delta -> text.append(delta.text()));
        return JsonObject.empty()
                .with("text", text.toString())
                .with("index", index)
                .with("logprobs", logprobs(completionOptions, completionPrompt, completionStream, parts))
                .with("finish_reason", completionStream.finishReason());
    }

    // the token that ends an answer is told too: harnesses take the last one away
    private static JsonValue logprobs(
            CompletionOptions completionOptions,
            CompletionPrompt completionPrompt,
            CompletionStream completionStream,
            List<CompletionStream.Delta> parts) {
        if (completionOptions.best() < 0) {
            return new JsonNull();
        }
        LogprobsFormatter.CompletionLogprobs completionLogprobs = new LogprobsFormatter.CompletionLogprobs();
        addPrompt(completionLogprobs, completionOptions, completionPrompt, completionStream);
        parts.forEach(delta -> add(completionLogprobs, completionOptions, delta));
        return completionLogprobs.json();
    }

    private static void addPrompt(
            LogprobsFormatter.CompletionLogprobs logprobs,
            CompletionOptions completionOptions,
            CompletionPrompt completionPrompt,
            CompletionStream completionStream) {
        if (completionOptions.echo()) {
            LogprobsFormatter told = new LogprobsFormatter(completionOptions.processor());
            logprobs.add(told, completionPrompt.prompt().tokens()[0]);
            completionStream.promptLogprobs().forEach(tokenLogprob -> logprobs.add(told, tokenLogprob));
        }
    }

    private static void add(
            LogprobsFormatter.CompletionLogprobs logprobs,
            CompletionOptions completionOptions,
            CompletionStream.Delta delta) {
        LogprobsFormatter told = new LogprobsFormatter(completionOptions.processor());
        delta.logprobs().forEach(tokenLogprob -> logprobs.add(told, tokenLogprob));
        if (completionOptions.echo()) {
            delta.endLogprobs().forEach(tokenLogprob -> logprobs.add(told, tokenLogprob));
        }
    }

    private void stream(
            HttpCall httpCall,
            CompletionOptions completionOptions,
            List<CompletionPrompt> prompts,
            JsonObject head,
            boolean usage)
            throws IOException, InterruptedException {
        List<CompletionMetrics> lives = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            try (CompletionStream completionStream = reading(httpCall, completionOptions, prompts.get(i), i > 0)) {
                if (!httpCall.responseStarted()) {
                    httpCall.startEventStream();
                }
                lives.add(completionStream.metrics());
                stream(httpCall, completionOptions, prompts.get(i), completionStream, head, i);
            }
        }
        if (usage) {
            httpCall.sendEvent(Json.compact(head.with("choices", JsonArray.of()).with("usage", usage(lives))));
        }
        httpCall.sendEvent("[DONE]");
        httpCall.endResponse();
    }

    private void stream(
            HttpCall httpCall,
            CompletionOptions completionOptions,
            CompletionPrompt completionPrompt,
            CompletionStream completionStream,
            JsonObject head,
            int index)
            throws IOException, InterruptedException {
        boolean first = true;
        LogprobsFormatter.CompletionLogprobs logprobs = new LogprobsFormatter.CompletionLogprobs();
        while (completionStream.finishReason().isEmpty()) {
            int millis = requestPreprocessor.limits().keepAliveMillis();
            Optional<CompletionStream.Delta> part = completionStream.next(millis);
            httpCall.keepAlive(millis);
            if (part.isEmpty()) {
                continue;
            }
            boolean last = !completionStream.finishReason().isEmpty();
            if (part.get().isEmpty() && !last) {
                continue;
            }
            boolean echo = first && completionOptions.echo();
            if (first && completionOptions.best() >= 0) {
                addPrompt(logprobs, completionOptions, completionPrompt, completionStream);
            }
            first = false;
            add(logprobs, completionOptions, part.get());
            JsonObject choice = JsonObject.empty()
                    .with(
                            "text",
                            (echo ? completionPrompt.text() : "") + part.get().text())
                    .with("index", index)
                    .with("logprobs", completionOptions.best() < 0 ? new JsonNull() : logprobs.takeJson())
                    .with("finish_reason", last ? new JsonString(completionStream.finishReason()) : new JsonNull());
            httpCall.sendEvent(Json.compact(head.with("choices", JsonArray.of(choice))
                    .with("carve", completionStream.metrics().json())));
        }
    }
}
