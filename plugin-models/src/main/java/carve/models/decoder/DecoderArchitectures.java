package carve.models.decoder;

import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import carve.api.decoder.ConfigReader;
import carve.api.decoder.DecoderArchitecture;
import carve.api.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The kinds of decoders that are known, by {@code model_type}.
 *
 * @param all the architectures
 */
public record DecoderArchitectures(List<DecoderArchitecture> all) {
    /** Those that come with this module. */
    public static final DecoderArchitectures BUILT_IN = new DecoderArchitectures(Stream.of(
                    LlamaArchitectures.all(),
                    GemmaArchitectures.all(),
                    GptArchitectures.all(),
                    ExpertArchitectures.all(),
                    HybridArchitectures.all())
            .flatMap(List::stream)
            .toList());

    /**
     * Copies the list.
     *
     * @throws SettingsException if two of them are for one {@code model_type}
     */
    public DecoderArchitectures {
        all = List.copyOf(all);
        Map<String, DecoderArchitecture> byType = new HashMap<>();
        for (DecoderArchitecture one : all) {
            for (String type : one.modelTypes()) {
                DecoderArchitecture other = byType.put(type, one);
                if (other != null) {
                    throw new SettingsException("two decoders are for model_type '%s': %s and %s"
                            .formatted(type, origin(other), origin(one)));
                }
            }
        }
    }

    private static String origin(DecoderArchitecture architecture) {
        Module module = architecture.getClass().getModule();
        return "%s of %s"
                .formatted(architecture.getClass().getName(), module.isNamed() ? module.getName() : "the class path");
    }

    /** Returns these and others. */
    public DecoderArchitectures with(List<DecoderArchitecture> others) {
        List<DecoderArchitecture> joined = new ArrayList<>(all);
        joined.addAll(others);
        return new DecoderArchitectures(joined);
    }

    /** Returns the {@code model_type}s. */
    public List<String> modelTypes() {
        return all.stream().flatMap(one -> one.modelTypes().stream()).sorted().toList();
    }

    /** Returns the architecture of a configuration, if it is one of these. */
    public Optional<DecoderArchitecture> find(JsonObject config) {
        return config.optionalString("model_type")
                .flatMap(type -> all.stream()
                        .filter(one -> one.modelTypes().contains(type))
                        .findFirst());
    }

    /**
     * Returns the decoder that a configuration describes.
     *
     * @throws carve.api.json.JsonException if it asks for something that is not supported
     */
    public DecoderConfig read(JsonObject json) {
        String type = json.string("model_type");
        DecoderArchitecture architecture = find(json)
                .orElseThrow(() ->
                        json.error("model_type", NameSuggestions.unknown("kind of text decoder", type, modelTypes())));
        ConfigReader config = ConfigReader.of(json);
        config.ignore(MambaConfigFile.KEY);
        return new DecoderConfig(json, architecture.read(config, "attention"));
    }
}
