package carve.models.decoder;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.models.LayerMixers;
import java.util.List;
import java.util.Optional;

/**
 * The {@code config.json} of a hybrid that no other program has: {@code model_type} {@code carve_hybrid}, which none mistakes for
 * its teacher's, with the teacher's configuration and the list of mixers in {@code base_config}. Folders from before, which
 * have both at the top, open as well.
 */
final class CarveHybrid {
    static final String TYPE = "carve_hybrid";

    private static final String BASE = "base_config";

    private CarveHybrid() {}

    /** Returns the configuration inside, if it is such a file. */
    static Optional<JsonObject> base(JsonObject config) {
        return config.optionalString("model_type").filter(TYPE::equals).map(_ -> config.object(BASE));
    }

    /** Returns a configuration as it is written: inside of another one if it lists mixers. */
    static JsonObject written(JsonObject config) {
        return LayerMixers.read(config).isEmpty()
                ? config
                : JsonObject.empty()
                        .with("architectures", new JsonArray(List.of(new JsonString("CarveHybridForCausalLM"))))
                        .with("model_type", TYPE)
                        .with(BASE, config);
    }
}
