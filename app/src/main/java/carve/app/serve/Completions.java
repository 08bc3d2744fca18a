package carve.app.serve;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonNull;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.app.engine.Job;
import carve.app.engine.Prompt;
import carve.app.engine.Request;
import carve.app.engine.Score;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * {@code POST /v1/completions}: text that goes on as it is, without a template. With {@code echo} and {@code logprobs} the
 * prompt is scored, which is how harnesses compare the answers of a question.
 */
final class Completions implements Handler {
    private static final int MOST_BEST = 20;
    private static final int USUAL_TOKENS = 16;
    private static final int END = 8;
    private static final Set<String> KNOWN = Set.of(
            "model",
            "prompt",
            "stream",
            "stream_options",
            "temperature",
            "top_p",
            "top_k",
            "seed",
            "stop",
            "max_tokens",
            "logprobs",
            "echo",
            "n",
            "best_of",
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "user",
            "suffix",
            "num_beams",
            "ignore_eos",
            "repetition_penalty");

    private final Models models;
    private final Asking asking;

    Completions(Models models, Asking asking) {
        this.models = models;
        this.asking = asking;
    }

    /** A prompt, and the text that is repeated where an echo is asked for. */
    private record Given(Prompt prompt, String text) {
        /** Returns its last tokens. */
        int[] end() {
            int[] tokens = prompt.tokens();
            return Arrays.copyOfRange(tokens, Math.max(0, tokens.length - END), tokens.length);
        }
    }

    /** What is asked of each prompt. */
    private record Asked(ServedModel model, Choosing choosing, int tokens, int best, boolean echo) {
        Processor processor() {
            return model.engine().processor();
        }

        Request request(Prompt prompt) {
            return new Request(prompt, choosing.sampler(), choosing.ends(), tokens, best, echo && best >= 0, true);
        }
    }

    @Override
    public void answer(Call call) throws IOException, InterruptedException {
        Fields fields = new Fields(call.json());
        fields.requireKnown(KNOWN);
        fields.requireDefault("suffix", "\"\"");
        fields.requireDefault("num_beams", "1");
        fields.requireDefault("repetition_penalty", "1", "1.0");
        ServedModel model = models.of(fields);
        List<Given> prompts = prompts(fields, model);
        Asked asked = new Asked(
                model,
                Choosing.of(fields, asking.config().generation(), model.engine()),
                fields.integer("max_tokens", 0, Integer.MAX_VALUE).orElse(USUAL_TOKENS),
                fields.integer("logprobs", 0, MOST_BEST).orElse(-1),
                fields.flag("echo").orElse(false));
        JsonObject head = JsonObject.empty()
                .with("id", "cmpl-" + UUID.randomUUID().toString().replace("-", ""))
                .with("object", "text_completion")
                .with("created", System.currentTimeMillis() / 1000)
                .with("model", model.name());
        if (fields.flag("stream").orElse(false)) {
            boolean usage = fields.object("stream_options")
                    .flatMap(options -> options.flag("include_usage"))
                    .orElse(false);
            stream(call, asked, prompts, head, usage);
        } else {
            whole(call, asked, prompts, head);
        }
    }

    private List<Given> prompts(Fields fields, ServedModel model) {
        JsonValue value = fields.value("prompt")
                .orElseThrow(() -> ApiException.invalid("prompt", "Missing required parameter: 'prompt'."));
        boolean single = value instanceof JsonString
                || value instanceof JsonArray array
                        && !array.items().isEmpty()
                        && array.items().getFirst() instanceof JsonNumber;
        List<JsonValue> all = single ? List.of(value) : value instanceof JsonArray array ? array.items() : List.of();
        int most = asking.config().limits().choices();
        if (all.isEmpty() || all.size() > most) {
            throw ApiException.invalid(
                    "prompt", "Invalid 'prompt': expected 1 to %d prompts, found %d.", most, all.size());
        }
        return all.stream().map(one -> given(one, model)).toList();
    }

    private static Given given(JsonValue value, ServedModel model) {
        Processor processor = model.engine().processor();
        int[] tokens = switch (value) {
            case JsonString text -> Tokens.encode(processor, text.text(), true);
            case JsonArray ids -> Tokens.ids(ids, model.engine().spec().vocabulary());
            default ->
                throw ApiException.invalid("prompt", "Invalid 'prompt': expected text, token ids, or a list of these.");
        };
        try {
            Sample sample = new Sample(tokens, new boolean[tokens.length], Map.of());
            Prompt prompt = Prompt.of(sample, model.engine().spec().input().pictureToken());
            return new Given(prompt, value instanceof JsonString text ? text.text() : processor.decode(tokens));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("prompt", "Invalid 'prompt': %s.", e.getMessage());
        }
    }

    private void whole(Call call, Asked asked, List<Given> prompts, JsonObject head)
            throws IOException, InterruptedException {
        List<JsonValue> choices = new ArrayList<>();
        List<Live> lives = new ArrayList<>();
        int window = asked.model().engine().config().batch();
        for (int from = 0; from < prompts.size(); from += window) {
            List<Given> some = prompts.subList(from, Math.min(prompts.size(), from + window));
            List<Reading> readings = new ArrayList<>();
            try {
                for (Given given : some) {
                    readings.add(reading(call, asked, given, from > 0 || !readings.isEmpty()));
                }
                for (int i = 0; i < some.size(); i++) {
                    Reading reading = readings.get(i);
                    List<Reading.Part> parts =
                            reading.all(call, asking.config().limits().pingMillis());
                    choices.add(choice(asked, some.get(i), reading, parts, choices.size()));
                    lives.add(reading.live());
                }
            } finally {
                readings.forEach(Reading::close);
            }
        }
        JsonObject body = head.with("choices", new JsonArray(choices)).with("usage", usage(lives));
        call.send(200, lives.size() == 1 ? body.with("carve", lives.getFirst().carve()) : body);
    }

    // the first of a request is refused where too many wait; the others wait for their turn
    private Reading reading(Call call, Asked asked, Given given, boolean patient)
            throws IOException, InterruptedException {
        while (true) {
            try {
                Live live = new Live(asked.model(), given.prompt().length());
                Job job = Asking.submit(asked.model().engine(), asked.request(given.prompt()));
                return new Reading(job, asked.processor(), asked.choosing().stops(), live, given.end());
            } catch (ApiException e) {
                if (e.status() != 429 || !patient) {
                    throw e;
                }
                int millis = asking.config().limits().pingMillis();
                Thread.sleep(millis);
                call.live(millis);
            }
        }
    }

    private static JsonObject usage(List<Live> lives) {
        int prompt = lives.stream().mapToInt(Live::prompt).sum();
        int tokens = lives.stream().mapToInt(Live::tokens).sum();
        int cached = lives.stream().mapToInt(Live::cached).sum();
        return JsonObject.empty()
                .with("prompt_tokens", prompt)
                .with("completion_tokens", tokens)
                .with("total_tokens", prompt + tokens)
                .with("prompt_tokens_details", JsonObject.empty().with("cached_tokens", cached));
    }

    private static JsonObject choice(Asked asked, Given given, Reading reading, List<Reading.Part> parts, int index) {
        StringBuilder text = new StringBuilder(asked.echo() ? given.text() : "");
        parts.forEach(part -> text.append(part.text()));
        return JsonObject.empty()
                .with("text", text.toString())
                .with("index", index)
                .with("logprobs", logprobs(asked, given, reading, parts))
                .with("finish_reason", reading.finish());
    }

    // the token that ends an answer is told too: harnesses take the last one away
    private static JsonValue logprobs(Asked asked, Given given, Reading reading, List<Reading.Part> parts) {
        if (asked.best() < 0) {
            return new JsonNull();
        }
        Logprobs told = new Logprobs(asked.processor());
        Logprobs.Table table = new Logprobs.Table();
        if (asked.echo()) {
            table.add(told, given.prompt().tokens()[0]);
            reading.promptScores().forEach(score -> table.add(told, score));
        }
        for (Reading.Part part : parts) {
            if (!part.stop() || asked.echo()) {
                part.scores().forEach(score -> table.add(told, score));
            }
        }
        return table.json();
    }

    private void stream(Call call, Asked asked, List<Given> prompts, JsonObject head, boolean usage)
            throws IOException, InterruptedException {
        List<Live> lives = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            try (Reading reading = reading(call, asked, prompts.get(i), i > 0)) {
                if (!call.begun()) {
                    call.beginEvents();
                }
                lives.add(reading.live());
                stream(call, asked, prompts.get(i), reading, head, i);
            }
        }
        if (usage) {
            call.event(Json.compact(head.with("choices", JsonArray.of()).with("usage", usage(lives))));
        }
        call.event("[DONE]");
        call.finish();
    }

    private void stream(Call call, Asked asked, Given given, Reading reading, JsonObject head, int index)
            throws IOException, InterruptedException {
        boolean echo = asked.echo();
        while (reading.finish().isEmpty()) {
            int millis = asking.config().limits().pingMillis();
            Optional<Reading.Part> part = reading.next(millis);
            call.live(millis);
            if (part.isEmpty()) {
                continue;
            }
            boolean last = !reading.finish().isEmpty();
            if (part.get().text().isEmpty() && part.get().scores().isEmpty() && !last) {
                continue;
            }
            JsonObject choice = JsonObject.empty()
                    .with("text", (echo ? given.text() : "") + part.get().text())
                    .with("index", index)
                    .with("logprobs", scores(asked, part.get().scores()))
                    .with("finish_reason", last ? new JsonString(reading.finish()) : new JsonNull());
            echo = false;
            call.event(Json.compact(head.with("choices", JsonArray.of(choice))
                    .with("carve", reading.live().carve())));
        }
    }

    private static JsonValue scores(Asked asked, List<Score> scores) {
        if (asked.best() < 0) {
            return new JsonNull();
        }
        Logprobs told = new Logprobs(asked.processor());
        Logprobs.Table table = new Logprobs.Table();
        scores.forEach(score -> table.add(told, score));
        return table.json();
    }
}
