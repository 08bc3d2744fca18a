package carve.models.decoder.gguf;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.TensorSource;
import carve.api.decoder.DecoderNames;
import carve.api.decoder.DecoderSpec;
import carve.api.gguf.GgufFile;
import carve.api.gguf.GgufKeys;
import carve.api.json.JsonObject;
import carve.api.model.ModelSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * A kind of decoders in GGUF files.
 *
 * @param name {@code general.architecture}
 * @param modelTypes the {@code model_type}s that are written so
 * @param modelType the {@code model_type} of a file
 * @param traits its metadata, in the order in which they are read
 * @param names its tensors
 * @param interleaved whether rows of queries and keys are in another order than in checkpoints, so that neighbouring elements are
 *     rotated together
 * @param shiftedNorms whether weights of norms are stored plus 1
 * @param factors which of {@link RopeTraits#FACTORS} files may have
 */
record GgufArchitecture(
        String name,
        List<String> modelTypes,
        Function<GgufReading, String> modelType,
        List<GgufTrait> traits,
        DecoderNames names,
        boolean interleaved,
        boolean shiftedNorms,
        Set<String> factors) {
    /** Makes the architecture of one {@code model_type} whose tensors are stored as checkpoints have them. */
    GgufArchitecture(String name, String modelType, GgufTrait... traits) {
        this(
                name,
                List.of(modelType),
                _ -> modelType,
                List.of(traits),
                GgufArchitectures.NAMES,
                false,
                false,
                Set.of());
    }

    /** Returns this architecture for several model types, of which each file has one. */
    GgufArchitecture withModelTypes(Function<GgufReading, String> ofFile, String... all) {
        return new GgufArchitecture(name, List.of(all), ofFile, traits, names, interleaved, shiftedNorms, factors);
    }

    /** Returns this architecture with other names of tensors. */
    GgufArchitecture withNames(DecoderNames others) {
        return new GgufArchitecture(name, modelTypes, modelType, traits, others, interleaved, shiftedNorms, factors);
    }

    /** Returns this architecture with queries and keys in another order. */
    GgufArchitecture withInterleaving() {
        return new GgufArchitecture(name, modelTypes, modelType, traits, names, true, shiftedNorms, factors);
    }

    /** Returns this architecture with weights of norms stored plus 1. */
    GgufArchitecture withShiftedNorms() {
        return new GgufArchitecture(name, modelTypes, modelType, traits, names, interleaved, true, factors);
    }

    /** Returns this architecture with tensors of factors of rotary frequencies. */
    GgufArchitecture withFactors(String... tensors) {
        return new GgufArchitecture(
                name, modelTypes, modelType, traits, names, interleaved, shiftedNorms, Set.of(tensors));
    }

    /**
     * Returns what {@code config.json} would say.
     *
     * @throws carve.api.checkpoint.CheckpointException if metadata are not supported
     * @throws carve.api.json.JsonException if metadata are missing or of another type
     */
    JsonObject config(GgufKeys keys, TensorSource tensors) {
        String type = modelType.apply(new GgufReading(keys, tensors, JsonObject.empty()));
        var reading = new GgufReading(keys, tensors, JsonObject.empty().with("model_type", type));
        traits.forEach(trait -> trait.read().accept(reading));
        keys.requireAllRead();
        return reading.config();
    }

    /** Returns the metadata of a decoder, and the tensors that are no parameters. */
    GgufWriting written(DecoderSpec decoder) {
        var writing = new GgufWriting(name, decoder, JsonObject.empty().with(GgufFile.ARCHITECTURE, name));
        traits.forEach(trait -> trait.write().accept(writing));
        return writing;
    }

    /** Returns the map between the names of a file and those of a model, where tensors of factors have none. */
    NameMap nameMap(ModelSpec spec) {
        List<NameRule> rules = new ArrayList<>(names.rules(spec, ""));
        factors.forEach(name -> rules.add(NameRule.keep(name)));
        return NameMap.of(rules);
    }
}
