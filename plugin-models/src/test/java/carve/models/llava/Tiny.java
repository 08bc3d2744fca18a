package carve.models.llava;

import carve.api.config.Json;
import carve.api.config.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ModelSpec;
import carve.models.OfficialMixers;
import carve.testkit.Fixture;
import java.nio.file.Path;
import java.util.List;

/** The small official models, and the mixers that they are made of. */
final class Tiny {
    static final LlavaFamily FAMILY = new LlavaFamily();
    static final String TEACHER = "matvlm_teacher_tiny";
    static final String STUDENT = "matvlm_tiny";
    static final List<String> MODELS = List.of(TEACHER, STUDENT);

    private Tiny() {}

    /** Returns the mixers, with the defaults of their modules. */
    static MixerCatalog mixers() {
        return OfficialMixers.mambaInLlama();
    }

    static Path folder(String model) {
        return Fixture.folder().resolve(model);
    }

    static JsonObject config(String model) {
        JsonObject config = Json.readObject(folder(model).resolve("config.json"));
        return FAMILY.gather(folder(model), config);
    }

    static ModelSpec spec(String model) {
        return FAMILY.read(config(model), mixers());
    }
}
