package carve.models.llava;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ModelSpec;
import carve.models.OfficialMixers;
import carve.testkit.Fixture;
import java.nio.file.Path;
import java.util.List;

/** The small official models, and the mixers that they are made of. */
final class TinyModels {
    static final LlavaFamily FAMILY = new LlavaFamily();
    static final String TEACHER = "matvlm_teacher_tiny";
    static final String STUDENT = "matvlm_tiny";
    static final List<String> MODELS = List.of(TEACHER, STUDENT);

    private TinyModels() {}

    /** Returns the mixers, with the defaults of their modules. */
    static MixerCatalog mixers() {
        return OfficialMixers.mambaInLlama();
    }

    static Path folder(String model) {
        return Fixture.folder().resolve(model);
    }

    static JsonObject config(String model) {
        JsonObject config = Json.readObject(folder(model).resolve("config.json"));
        return FAMILY.completeConfig(folder(model), config);
    }

    static ModelSpec spec(String model) {
        return FAMILY.spec(config(model), mixers());
    }
}
