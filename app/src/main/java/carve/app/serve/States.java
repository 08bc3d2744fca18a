package carve.app.serve;

import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.config.JsonValue;
import carve.api.model.Message;
import carve.api.model.Sample;
import carve.app.engine.Event;
import carve.app.engine.Job;
import carve.app.engine.ModelEngine;
import carve.app.engine.Prompt;
import carve.app.engine.Request;
import carve.app.work.Sampler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * {@code /v1/states}: conversations that are saved with what the model remembers of them, and gone on from by id.
 *
 * <pre>{@code
 * POST   /v1/states       {"model": M, "messages": [...]}    saves a conversation
 * POST   /v1/states       {"from": ID}                       forks a state; with "messages", and says more
 * GET    /v1/states       all of them; GET /v1/states/ID one of them, with its messages
 * DELETE /v1/states/ID
 * }</pre>
 */
final class States {
    private static final String PATH = "/v1/states/";
    private static final Set<String> KNOWN = Set.of("model", "messages", "from");

    private final Models models;
    private final Asking asking;

    States(Models models, Asking asking) {
        this.models = models;
        this.asking = asking;
    }

    /** A state and the model that it is of. */
    record Found(ServedModel model, JsonObject state) {
        JsonArray messages() {
            return state.array("messages");
        }
    }

    /**
     * Returns the state of an id.
     *
     * @throws ApiException if there is none
     */
    Found find(String id) {
        for (ServedModel model : models.all()) {
            Optional<JsonObject> state = model.states().flatMap(states -> states.find(id));
            if (state.isPresent()) {
                return new Found(model, state.get());
            }
        }
        throw unknown(id);
    }

    private static ApiException unknown(String id) {
        return ApiException.refused(
                404,
                "state_not_found",
                SavedStates.isId(id) ? "There is no state '%s'." : "There is no state of this id; ids are st-... .",
                id);
    }

    /** Tells of all states. */
    void list(Call call) throws IOException {
        List<JsonValue> all = new ArrayList<>();
        models.all().forEach(model -> model.states().ifPresent(states -> all.addAll(states.all())));
        call.send(200, JsonObject.empty().with("object", "list").with("data", new JsonArray(all)));
    }

    /** Tells of the state that the path names. */
    void one(Call call) throws IOException {
        call.send(200, find(call.path().substring(PATH.length())).state());
    }

    /** Removes the state that the path names. */
    void delete(Call call) throws IOException {
        String id = call.path().substring(PATH.length());
        boolean removed = models.all().stream()
                .anyMatch(
                        model -> model.states().map(states -> states.delete(id)).orElse(false));
        if (!removed) {
            throw unknown(id);
        }
        call.send(200, JsonObject.empty().with("id", id).with("object", "state").with("deleted", true));
    }

    /** Saves or forks. */
    void create(Call call) throws IOException, InterruptedException {
        Fields fields = new Fields(call.json());
        fields.requireKnown(KNOWN);
        Optional<Found> from = fields.string("from").map(this::find);
        ServedModel model = from.map(Found::model).orElseGet(() -> models.of(fields));
        List<JsonValue> messages = new ArrayList<>();
        from.ifPresent(found -> messages.addAll(found.messages().items()));
        Optional<JsonArray> more = fields.array("messages");
        if (from.isEmpty() && more.isEmpty()) {
            throw ApiException.invalid("messages", "Missing required parameter: 'messages', or 'from'.");
        }
        more.ifPresent(array -> messages.addAll(array.items()));
        String parent = from.map(found -> found.state().string("id")).orElse("");
        call.send(200, save(call, model, parent, new JsonArray(messages)));
    }

    /** Saves a conversation: reads it, as far as that has not been done, and keeps what the model remembers. */
    JsonObject save(Call call, ServedModel model, String parent, JsonArray messages)
            throws IOException, InterruptedException {
        SavedStates states =
                model.states().orElseThrow(() -> ApiException.failed(501, "This server has no folder for states."));
        List<Message> conversation = Conversation.read(messages, asking.config().limits());
        Prompt prompt = prompt(model, conversation);
        ModelEngine engine = model.engine();
        Job job = Asking.submit(engine, new Request(prompt, Sampler.greedy(Set.of()), Set.of(), 0));
        try {
            while (!(next(call, job) instanceof Event.Ended)) {
                // only the end matters
            }
        } finally {
            job.cancel();
        }
        return states.save(parent, prompt.length(), engine.keep(prompt), messages);
    }

    private Event next(Call call, Job job) throws IOException, InterruptedException {
        while (true) {
            int millis = asking.config().limits().pingMillis();
            Optional<Event> event = job.take(millis);
            call.live(millis);
            if (event.isEmpty()) {
                continue;
            }
            if (event.get() instanceof Event.Failed failed) {
                throw ApiException.failed(500, failed.problem());
            }
            return event.get();
        }
    }

    // a conversation that the model had the last word in is read as examples are
    private Prompt prompt(ServedModel model, List<Message> conversation) throws InterruptedException {
        if (conversation.getLast().role() != Message.Role.ASSISTANT) {
            return asking.conversation(model, conversation).prompt();
        }
        try {
            OptionalInt picture = model.engine().spec().input().pictureToken();
            Sample whole = model.engine().processor().example(conversation);
            return Prompt.of(whole, picture);
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("messages", "Invalid 'messages': %s", e.getMessage());
        }
    }
}
