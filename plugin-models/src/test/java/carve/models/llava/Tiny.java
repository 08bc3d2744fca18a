package carve.models.llava;

import carve.api.config.Json;
import carve.api.config.JsonObject;
import carve.api.config.MapSettings;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ModelSpec;
import carve.attention.AttentionProvider;
import carve.mamba2.MambaInLlamaProvider;
import carve.testkit.Fixture;
import carve.testkit.MixerList;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The small official models, and the mixers that they are made of. */
final class Tiny {
    static final LlavaFamily FAMILY = new LlavaFamily();
    static final String TEACHER = "matvlm_teacher_tiny";
    static final String STUDENT = "matvlm_tiny";
    static final List<String> MODELS = List.of(TEACHER, STUDENT);

    private Tiny() {}

    /** Returns the mixers, with the defaults of their modules. */
    static MixerCatalog mixers() {
        return MixerList.of(new AttentionProvider(), new MambaInLlamaProvider())
                .with(
                        "mamba-in-llama",
                        MapSettings.of(Map.of(
                                        "conv-width",
                                        4,
                                        "norm-epsilon",
                                        1e-5,
                                        "bias",
                                        false,
                                        "repeat-before-conv",
                                        false,
                                        "state",
                                        "f32",
                                        "seed",
                                        "kqvo"))
                                .take());
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
