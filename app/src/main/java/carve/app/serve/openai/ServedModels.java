package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.app.serve.http.ApiException;
import carve.app.serve.http.HttpCall;
import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models of a server, by name. */
public final class ServedModels {
    private final Map<String, ServedModel> byName;

    /** Makes the table; the first model is taken where a request names none. */
    public ServedModels(List<ServedModel> models) {
        Map<String, ServedModel> map = new LinkedHashMap<>();
        models.forEach(model -> map.put(model.name(), model));
        byName = Collections.unmodifiableMap(map);
    }

    /** Returns all of them. */
    public Collection<ServedModel> all() {
        return byName.values();
    }

    /**
     * Returns the model that a request names.
     *
     * @throws ApiException if there is none of that name, or it names none and there are several
     */
    public ServedModel of(RequestFields requestFields) {
        Optional<String> name = requestFields.string("model");
        if (name.isEmpty() && byName.size() > 1) {
            throw ApiException.invalidParameter(
                    "model", "You must provide a model parameter; there are %s.", byName.keySet());
        }
        return named(name.orElseGet(() -> byName.keySet().iterator().next()));
    }

    /**
     * Returns the model of a name.
     *
     * @throws ApiException if there is none
     */
    public ServedModel named(String name) {
        ServedModel model = byName.get(name);
        if (model == null) {
            throw ApiException.requestError(
                    404, "model_not_found", "The model '%s' does not exist; there are %s.", name, byName.keySet());
        }
        return model;
    }

    /** Sends all models. */
    public void list(HttpCall httpCall) throws IOException {
        httpCall.send(
                200,
                JsonObject.empty()
                        .with("object", "list")
                        .with(
                                "data",
                                new JsonArray(byName.values().stream()
                                        .<JsonValue>map(ServedModel::json)
                                        .toList())));
    }

    /** Sends the model that the path names. */
    public void retrieve(HttpCall httpCall) throws IOException {
        httpCall.send(
                200, named(httpCall.path().substring("/v1/models/".length())).json());
    }
}
