package carve.models.decoder;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.NameMap;
import carve.api.config.SettingsException;
import carve.api.decoder.DecoderArchitecture;
import carve.api.gguf.GgufConverter;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.text.Processor;
import carve.models.KnownModels;
import carve.models.LayerMixers;
import carve.models.chat.ChatProcessor;
import carve.models.decoder.gguf.DecoderGgufLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decoders for text alone, in the layouts of the Transformers library, each a {@link DecoderArchitecture}; and hybrids of them,
 * which have {@code mamba_config.json} beside {@code config.json} as the authors of MambaInLlama write them.
 */
public final class DecoderFamily implements ModelFamily {
    private static final String CARVE = "carve";

    private final DecoderArchitectures architectures;

    /** Makes the family of the architectures that come with this module. */
    public DecoderFamily() {
        this(DecoderArchitectures.BUILT_IN);
    }

    private DecoderFamily(DecoderArchitectures architectures) {
        this.architectures = architectures;
    }

    @Override
    public ModelFamily with(List<DecoderArchitecture> others) {
        return new DecoderFamily(architectures.with(others));
    }

    @Override
    public String name() {
        return "decoder";
    }

    @Override
    public List<String> modelTypes() {
        return architectures.modelTypes();
    }

    @Override
    public Optional<String> missing(JsonObject config) {
        return config.optionalString("model_type").flatMap(KnownModels.table()::missing);
    }

    @Override
    public boolean supports(JsonObject config) {
        return architectures.find(CarveHybrid.base(config).orElse(config)).isPresent();
    }

    @Override
    public JsonObject completeConfig(Path folder, JsonObject config) {
        return MambaConfigFile.gather(folder, CarveHybrid.base(config).orElse(config));
    }

    @Override
    public Map<String, byte[]> configFiles(JsonObject config) {
        return MambaConfigFile.files(CarveHybrid.written(config));
    }

    @Override
    public ModelSpec spec(JsonObject json, MixerCatalog mixers) {
        DecoderConfig config = architectures.read(json);
        return new ModelSpec(
                name(),
                json,
                config.spec().tokens(),
                config.blocks(MambaConfigFile.choices(json, config), mixers, i -> "llm." + i),
                config.spec().finalNorm(),
                config.spec().head(),
                config.spec().positions(),
                List.of());
    }

    @Override
    public NameMap names(ModelSpec spec) {
        return NameMap.of(architectures.read(spec.config()).spec().names().rules(spec, ""));
    }

    @Override
    public String basePrefix(ModelSpec spec) {
        String layer = architectures.read(spec.config()).spec().names().layer();
        return layer.substring(0, layer.indexOf('.') + 1);
    }

    @Override
    public ModelSpec studentSpec(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        plan.checked(teacher.layers().size(), mixers.names());
        List<MixerSpec> choices = LayerMixers.forPlan(teacher, plan);
        StudentLayouts.Layout granite = granite(teacher, choices, mixers);
        if (plan.format().equals(GraniteHybridConfig.TYPE) && !granite.fits()) {
            throw new SettingsException(CheckpointException.of("format: granitemoehybrid", granite.problems())
                    .getMessage());
        }
        if (granite.fits() && !plan.format().equals(CARVE)) {
            ModelSpec read = spec(granite.config(), mixers);
            return teacher.with(
                    granite.config(), LayerMixers.blocks(read, StudentLayouts.withInit(read, choices), mixers));
        }
        JsonObject json = plan.format().equals(CARVE)
                ? LayerMixers.write(teacher.config().without(MambaConfigFile.KEY), choices)
                : MambaConfigFile.with(teacher.config(), architectures.read(teacher.config()), choices);
        return teacher.with(json, LayerMixers.blocks(spec(json, mixers), choices, mixers));
    }

    private StudentLayouts.Layout granite(ModelSpec teacher, List<MixerSpec> choices, MixerCatalog mixers) {
        return StudentLayouts.granite(architectures.read(teacher.config()), choices, mixers, architectures::read);
    }

    @Override
    public List<String> studentFormats() {
        return List.of(LayerPlan.AUTO, CARVE, GraniteHybridConfig.TYPE);
    }

    @Override
    public List<String> formatProblems(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        boolean asked = plan.format().equals(CARVE);
        return !asked
                        && LayerMixers.read(studentSpec(teacher, plan, mixers).config())
                                .isPresent()
                ? granite(teacher, LayerMixers.forPlan(teacher, plan), mixers).problems()
                : List.of();
    }

    @Override
    public Processor processor(ModelSpec spec, Path folder) {
        return ChatProcessor.text(spec.config(), folder);
    }

    @Override
    public Optional<GgufConverter> gguf() {
        return Optional.of(new DecoderGgufLayout(architectures));
    }

    @Override
    public List<String> auxiliaryFiles() {
        return ChatProcessor.companions();
    }
}
