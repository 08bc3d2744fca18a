package carve.app.serve.openai;

import carve.api.checkpoint.CheckpointException;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.app.serve.http.ApiException;
import carve.app.serve.http.HttpCall;
import carve.runtime.engine.EngineException;
import carve.runtime.engine.GenerationEvent;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.ModelEngine;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
public final class StatesHandler {
    private static final String PATH = "/v1/states/";
    private static final Set<String> KNOWN = Set.of("model", "messages", "from");

    private final ServedModels servedModels;
    private final RequestPreprocessor requestPreprocessor;

    /** Makes the handler for these models. */
    public StatesHandler(ServedModels servedModels, RequestPreprocessor requestPreprocessor) {
        this.servedModels = servedModels;
        this.requestPreprocessor = requestPreprocessor;
    }

    /** A state and the model that it is of. */
    record SavedState(ServedModel model, JsonObject state) {
        JsonArray messages() {
            return state.array("messages");
        }
    }

    /**
     * Returns the state of an id.
     *
     * @throws ApiException if there is none
     */
    SavedState find(String id) {
        for (ServedModel model : servedModels.all()) {
            Optional<JsonObject> state = model.states().flatMap(states -> states.find(id));
            if (state.isPresent()) {
                return new SavedState(model, state.get());
            }
        }
        throw unknown(id);
    }

    private static ApiException unknown(String id) {
        return ApiException.requestError(
                404,
                "state_not_found",
                SavedStateStore.isId(id)
                        ? "There is no state '%s'."
                        : "Invalid state id: ids have the form st-<24 hex digits>.",
                id);
    }

    /** Sends all states. */
    public void list(HttpCall httpCall) throws IOException {
        List<JsonValue> all = new ArrayList<>();
        servedModels.all().forEach(model -> model.states().ifPresent(states -> all.addAll(states.all())));
        httpCall.send(200, JsonObject.empty().with("object", "list").with("data", new JsonArray(all)));
    }

    /** Sends the state that the path names. */
    public void retrieve(HttpCall httpCall) throws IOException {
        httpCall.send(200, find(httpCall.path().substring(PATH.length())).state());
    }

    /** Removes the state that the path names. */
    public void delete(HttpCall httpCall) throws IOException {
        String id = httpCall.path().substring(PATH.length());
        boolean removed = servedModels.all().stream()
                .anyMatch(
                        model -> model.states().map(states -> states.delete(id)).orElse(false));
        if (!removed) {
            throw unknown(id);
        }
        httpCall.send(
                200, JsonObject.empty().with("id", id).with("object", "state").with("deleted", true));
    }

    /** Saves or forks. */
    public void create(HttpCall httpCall) throws IOException, InterruptedException {
        try (RequestReader.ReceivedRequest request = requestPreprocessor.read(httpCall)) {
            create(httpCall, new RequestFields(request.json()));
        }
    }

    private void create(HttpCall httpCall, RequestFields requestFields) throws IOException, InterruptedException {
        requestFields.requireKnown(KNOWN);
        Optional<SavedState> from = requestFields.string("from").map(this::find);
        ServedModel model = from.map(SavedState::model).orElseGet(() -> servedModels.of(requestFields));
        List<JsonValue> messages = new ArrayList<>();
        from.ifPresent(savedState -> messages.addAll(savedState.messages().items()));
        Optional<JsonArray> more = requestFields.array("messages");
        if (from.isEmpty() && more.isEmpty()) {
            throw ApiException.invalidParameter("messages", "Missing required parameter: 'messages', or 'from'.");
        }
        more.ifPresent(array -> messages.addAll(array.items()));
        String parent = from.map(savedState -> savedState.state().string("id")).orElse("");
        httpCall.send(200, save(httpCall, model, parent, new JsonArray(messages), JsonObject.empty()));
    }

    /**
     * Saves a conversation: reads it, as far as that has not been done, and keeps what the model remembers.
     *
     * @param variables what its prompt was made with beside the messages
     */
    JsonObject save(HttpCall httpCall, ServedModel model, String parent, JsonArray messages, JsonObject variables)
            throws IOException, InterruptedException {
        SavedStateStore states = model.states()
                .orElseThrow(() -> ApiException.serverError(
                        501, "Saved states are disabled: the server was started without a state folder."));
        ModelEngine engine = model.engine();
        Prompt prompt = requestPreprocessor
                .tokenize(
                        model,
                        ConversationRequest.kept(messages, variables, engine.processor(), requestPreprocessor.limits()))
                .prompt();
        GenerationJob generationJob = RequestPreprocessor.submit(
                engine, new GenerationRequest(prompt, Sampler.greedy(Set.of()), Set.of(), 0), "messages");
        try {
            while (!(next(httpCall, generationJob) instanceof GenerationEvent.Finished)) {
                // only the end matters
            }
        } finally {
            generationJob.cancel();
        }
        return states.save(parent, prompt.length(), pin(engine, prompt), messages);
    }

    private static String pin(ModelEngine engine, Prompt prompt) {
        try {
            return engine.pin(prompt);
        } catch (CheckpointException e) {
            throw SavedStateStore.cannotStore(e);
        } catch (EngineException e) {
            throw ApiException.of(e);
        }
    }

    private GenerationEvent next(HttpCall httpCall, GenerationJob generationJob)
            throws IOException, InterruptedException {
        while (true) {
            int millis = requestPreprocessor.limits().keepAliveMillis();
            Optional<GenerationEvent> event = generationJob.take(millis);
            httpCall.keepAlive(millis);
            if (event.isEmpty()) {
                continue;
            }
            if (event.get() instanceof GenerationEvent.Failed failed) {
                throw ApiException.of(failed);
            }
            return event.get();
        }
    }
}
