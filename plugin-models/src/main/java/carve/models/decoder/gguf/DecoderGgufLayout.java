package carve.models.decoder.gguf;

import carve.api.CarveException;
import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.ExpectedTensors;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.decoder.DecoderSpec;
import carve.api.gguf.GgufConverter;
import carve.api.gguf.GgufFile;
import carve.api.gguf.GgufKeys;
import carve.api.json.JsonObject;
import carve.api.model.MixerSpec;
import carve.api.model.ModelSpec;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.models.LayerMixers;
import carve.models.decoder.DecoderArchitectures;
import carve.models.text.GgufTokenizer;
import carve.models.text.GgufTokenizerWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decoders in GGUF files, of all architectures of a table.
 *
 * <p>A model is written only if reading the file back gives the same decoder, and llama.cpp computes the same; what would differ is
 * refused by name.
 */
public final class DecoderGgufLayout implements GgufConverter {
    private final DecoderArchitectures decoders;

    /** Makes the layout of decoders that are among these. */
    public DecoderGgufLayout(DecoderArchitectures decoders) {
        this.decoders = decoders;
    }

    @Override
    public List<String> architectures() {
        return GgufArchitectures.names();
    }

    private static GgufArchitecture architecture(GgufFile file) {
        return GgufArchitectures.named(file.architecture()).orElseThrow();
    }

    private static GgufArchitecture architecture(ModelSpec spec) {
        String type = spec.config().string("model_type");
        return GgufArchitectures.ofModelType(type)
                .orElseThrow(() -> spec.config()
                        .error(
                                "model_type",
                                "GGUF files of '%s' are not supported; supported: %s"
                                        .formatted(type, String.join(", ", GgufArchitectures.modelTypes()))));
    }

    @Override
    public JsonObject config(GgufFile file) {
        JsonObject config = architecture(file).config(GgufKeys.of(file), file);
        return GgufTokenizer.endOfText(file.metadata())
                .map(id -> config.with("eos_token_id", id))
                .orElse(config);
    }

    @Override
    public TensorSource fromGguf(ModelSpec spec, GgufFile file) {
        GgufArchitecture architecture = architecture(file);
        NameMap names = architecture.nameMap(spec);
        file.requireNames(names.checkpointNames()::contains);
        TensorSource shaped = mamba(spec).map(layers -> layers.fromGguf(file)).orElse(file);
        new ExpectedTensors(types(spec)).verify(shaped, names);
        Set<String> kept = names.keptNames();
        return TensorSources.select(
                names.toModel(StoredValues.of(architecture, spec).fromGguf(shaped)), name -> !kept.contains(name));
    }

    private Optional<StoredMamba2> mamba(ModelSpec spec) {
        return PaddedHeads.of(decoder(spec)).map(heads -> StoredMamba2.of(heads, spec));
    }

    private DecoderSpec decoder(ModelSpec spec) {
        return decoders.read(spec.config()).spec();
    }

    // with the heads that the file has
    private DecoderSpec written(ModelSpec spec) {
        DecoderSpec own = decoder(spec);
        return PaddedHeads.of(own)
                .map(heads -> decoders.read(heads.config(spec.config())).spec())
                .orElse(own);
    }

    private static Map<String, TensorType> types(ModelSpec spec) {
        Map<String, TensorType> types = new LinkedHashMap<>();
        spec.parameters().forEach(param -> types.put(param.name(), new TensorType(DType.F32, param.shape())));
        return types;
    }

    @Override
    public JsonObject metadata(ModelSpec spec, Path folder) {
        GgufArchitecture architecture = architecture(spec);
        requirePlain(spec, decoder(spec), folder);
        DecoderSpec decoder = written(spec);
        GgufWriting written = architecture.written(decoder);
        requireSame(architecture, spec, decoder, written, folder);
        return GgufTokenizerWriter.with(written.metadata(), folder, spec.vocabulary());
    }

    private static void requirePlain(ModelSpec spec, DecoderSpec decoder, Path folder) {
        for (int i = 0; i < decoder.layers().size(); i++) {
            MixerSpec own = decoder.layers().get(i).mixer();
            MixerSpec found = spec.layers().get(i).mixerSpec();
            if (!found.name().equals(own.name())
                    || !LayerMixers.persistentSettings(found).equals(LayerMixers.persistentSettings(own))) {
                throw new CheckpointException(
                        "%s: layers.%d has the mixer '%s' in place of the model's own, which GGUF files cannot have"
                                .formatted(folder, i, found.name()));
            }
        }
    }

    private void requireSame(
            GgufArchitecture architecture, ModelSpec spec, DecoderSpec decoder, GgufWriting written, Path folder) {
        // all that the file will have, parameters without their values
        TensorSource tensors = TensorSources.union(
                architecture.nameMap(spec).toCheckpoint(TensorSources.of(types(spec), _ -> MemorySegment.NULL)),
                TensorSources.of(written.tensors()));
        List<String> problems = new ArrayList<>(written.problems());
        try {
            JsonObject config = architecture.config(GgufKeys.of(folder.toString(), written.metadata()), tensors);
            problems.addAll(DecoderFacts.differences(
                    decoder,
                    decoders.read(config).spec(),
                    "a GGUF file of the architecture '%s'".formatted(architecture.name())));
        } catch (CarveException e) {
            if (problems.isEmpty()) {
                throw e; // else they are why it cannot be read
            }
        }
        if (!problems.isEmpty()) {
            throw CheckpointException.of(folder.toString(), problems);
        }
    }

    @Override
    public TensorSource toGguf(ModelSpec spec, TensorSource parameters) {
        GgufArchitecture architecture = architecture(spec);
        GgufWriting written = architecture.written(written(spec));
        TensorSource checkpoint = architecture.nameMap(spec).toCheckpoint(parameters);
        TensorSource shaped =
                mamba(spec).map(layers -> layers.toGguf(checkpoint)).orElse(checkpoint);
        TensorSource stored = StoredValues.of(architecture, spec).toGguf(shaped);
        return TensorSources.union(TensorSources.of(written.tensors()), stored);
    }
}
