package carve.app.serve;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonNull;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import carve.api.model.Message;
import carve.app.engine.Job;
import carve.app.engine.Request;
import carve.app.engine.Score;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** {@code POST /v1/chat/completions}. */
final class Chat implements Handler {
    private static final int MOST_BEST = 20;
    private static final Set<String> OWN = Set.of("state", "save");
    private static final Set<String> KNOWN = Set.of(
            "model",
            "messages",
            "stream",
            "stream_options",
            "temperature",
            "top_p",
            "top_k",
            "seed",
            "stop",
            "max_tokens",
            "max_completion_tokens",
            "logprobs",
            "top_logprobs",
            "n",
            "best_of",
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "user",
            "store",
            "metadata",
            "service_tier",
            "response_format",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "functions",
            "function_call",
            "modalities",
            "audio",
            "prediction",
            "reasoning_effort",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "verbosity",
            "web_search_options",
            "ignore_eos",
            "carve");

    private final Models models;
    private final Asking asking;
    private final States states;

    Chat(Models models, Asking asking, States states) {
        this.models = models;
        this.asking = asking;
        this.states = states;
    }

    /**
     * What is to be saved when the answer is there.
     *
     * @param wanted whether it is
     * @param parent the state that the conversation goes on from, or nothing
     * @param messages the conversation
     */
    private record Saving(boolean wanted, String parent, JsonArray messages) {}

    /** What one request is answered with. */
    private record Reply(String id, long created, ServedModel model, Reading reading, int best, Saving saving) {
        JsonObject head(String object) {
            return JsonObject.empty()
                    .with("id", id)
                    .with("object", object)
                    .with("created", created)
                    .with("model", model.name());
        }
    }

    @Override
    public void answer(Call call) throws IOException, InterruptedException {
        Fields fields = new Fields(call.json());
        fields.requireKnown(KNOWN);
        fields.requireDefault("tools");
        fields.requireDefault("functions");
        fields.requireDefault("audio");
        fields.object("response_format")
                .flatMap(format -> format.string("type"))
                .filter(type -> !type.equals("text"))
                .ifPresent(type -> {
                    throw ApiException.invalid("response_format", "Unsupported 'response_format': '%s'.", type);
                });
        JsonArray given = fields.array("messages")
                .orElseThrow(() -> ApiException.invalid("messages", "Missing required parameter: 'messages'."));
        Optional<Fields> carve = fields.object("carve");
        carve.ifPresent(own -> own.requireKnown(OWN));
        Optional<States.Found> from = carve.flatMap(own -> own.string("state")).map(states::find);
        ServedModel model = from.map(States.Found::model).orElseGet(() -> models.of(fields));
        List<JsonValue> all = new ArrayList<>();
        from.ifPresent(found -> all.addAll(found.messages().items()));
        all.addAll(given.items());
        Saving saving = new Saving(
                carve.flatMap(own -> own.flag("save")).orElse(false),
                from.map(found -> found.state().string("id")).orElse(""),
                new JsonArray(all));
        answer(call, fields, model, saving);
    }

    private void answer(Call call, Fields fields, ServedModel model, Saving saving)
            throws IOException, InterruptedException {
        List<Message> messages =
                Conversation.read(saving.messages(), asking.config().limits());
        Choosing choosing = Choosing.of(fields, asking.config().generation(), model.engine());
        boolean scored = fields.flag("logprobs").orElse(false);
        int best = fields.integer("top_logprobs", 0, MOST_BEST).orElse(0);
        Optional<Integer> most = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE)
                .or(() -> fields.integer("max_tokens", 1, Integer.MAX_VALUE));
        Asking.Asked asked = asking.conversation(model, messages);
        int tokens = model.engine().processor().limit(asked.sample(), asking.tokens(model, asked.prompt(), most));
        Job job = Asking.submit(
                model.engine(),
                new Request(
                        asked.prompt(), choosing.sampler(), choosing.ends(), tokens, scored ? best : -1, false, true));
        Live live = new Live(model, asked.prompt().length());
        try (Reading reading = new Reading(job, model.engine().processor(), choosing.stops(), live)) {
            String id = "chatcmpl-" + UUID.randomUUID().toString().replace("-", "");
            Reply reply = new Reply(id, System.currentTimeMillis() / 1000, model, reading, scored ? best : -1, saving);
            if (fields.flag("stream").orElse(false)) {
                boolean usage = fields.object("stream_options")
                        .flatMap(options -> options.flag("include_usage"))
                        .orElse(false);
                stream(call, reply, usage);
            } else {
                whole(call, reply);
            }
        }
    }

    private void whole(Call call, Reply reply) throws IOException, InterruptedException {
        List<Reading.Part> parts =
                reply.reading().all(call, asking.config().limits().pingMillis());
        StringBuilder text = new StringBuilder();
        parts.forEach(part -> text.append(part.text()));
        List<Score> scores = parts.stream()
                .filter(part -> !part.stop())
                .flatMap(part -> part.scores().stream())
                .toList();
        JsonObject choice = JsonObject.empty()
                .with("index", 0)
                .with(
                        "message",
                        JsonObject.empty()
                                .with("role", "assistant")
                                .with("content", text.toString())
                                .with("refusal", new JsonNull()))
                .with("logprobs", logprobs(reply, scores))
                .with("finish_reason", reply.reading().finish());
        Live live = reply.reading().live();
        call.send(
                200,
                reply.head("chat.completion")
                        .with("choices", JsonArray.of(choice))
                        .with("usage", live.usage())
                        .with("carve", saved(call, reply, text.toString())));
    }

    /** Returns the figures of an answer, and the id under which the conversation with it was saved. */
    private JsonObject saved(Call call, Reply reply, String text) throws IOException, InterruptedException {
        JsonObject figures = reply.reading().live().carve();
        Saving saving = reply.saving();
        if (!saving.wanted()) {
            return figures;
        }
        List<JsonValue> messages = new ArrayList<>(saving.messages().items());
        messages.add(JsonObject.empty().with("role", "assistant").with("content", text));
        JsonObject state = states.save(call, reply.model(), saving.parent(), new JsonArray(messages));
        return figures.with("state", state.string("id"));
    }

    private void stream(Call call, Reply reply, boolean usage) throws IOException, InterruptedException {
        call.beginEvents();
        JsonObject first = JsonObject.empty().with("role", "assistant").with("content", "");
        call.event(chunk(reply, first, List.of(), new JsonNull(), usage));
        Reading reading = reply.reading();
        StringBuilder said = new StringBuilder();
        while (reading.finish().isEmpty()) {
            int millis = asking.config().limits().pingMillis();
            Optional<Reading.Part> part = reading.next(millis);
            call.live(millis);
            if (part.isPresent()
                    && (!part.get().text().isEmpty()
                            || !part.get().scores().isEmpty() && !part.get().stop())) {
                said.append(part.get().text());
                JsonObject delta = JsonObject.empty().with("content", part.get().text());
                call.event(chunk(reply, delta, part.get().scores(), new JsonNull(), usage));
            }
        }
        JsonObject figures = saved(call, reply, said.toString());
        call.event(chunk(reply, JsonObject.empty(), List.of(), new JsonString(reading.finish()), usage, figures));
        if (usage) {
            call.event(Json.compact(reply.head("chat.completion.chunk")
                    .with("choices", JsonArray.of())
                    .with("usage", reading.live().usage())
                    .with("carve", figures)));
        }
        call.event("[DONE]");
        call.finish();
    }

    private static String chunk(Reply reply, JsonObject delta, List<Score> scores, JsonValue finish, boolean usage) {
        return chunk(reply, delta, scores, finish, usage, reply.reading().live().carve());
    }

    private static String chunk(
            Reply reply, JsonObject delta, List<Score> scores, JsonValue finish, boolean usage, JsonObject figures) {
        JsonObject choice = JsonObject.empty()
                .with("index", 0)
                .with("delta", delta)
                .with("logprobs", logprobs(reply, scores))
                .with("finish_reason", finish);
        JsonObject chunk = reply.head("chat.completion.chunk").with("choices", JsonArray.of(choice));
        JsonObject counted = usage ? chunk.with("usage", new JsonNull()) : chunk;
        return Json.compact(counted.with("carve", figures));
    }

    private static JsonValue logprobs(Reply reply, List<Score> scores) {
        if (reply.best() < 0) {
            return new JsonNull();
        }
        Logprobs told = new Logprobs(reply.model().engine().processor());
        List<JsonValue> content = scores.stream().<JsonValue>map(told::chat).toList();
        return JsonObject.empty().with("content", new JsonArray(content)).with("refusal", new JsonNull());
    }
}
