package carve.runtime.model;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.gguf.GgufConverter;
import carve.api.gguf.GgufFile;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.param.Selector;
import carve.api.tensor.DType;
import carve.runtime.gguf.GgufWriter;
import carve.runtime.model.QuantisationConfig.Table;
import carve.runtime.safetensors.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Models in GGUF files, in and out: of all families that have a {@link GgufConverter}. */
public final class GgufModels {
    private static final String END = ".gguf";

    private GgufModels() {}

    /** Returns whether the name of a path is that of a GGUF file. */
    public static boolean hasGgufExtension(Path path) {
        return path.toString().endsWith(END);
    }

    /** Returns whether a path is a file whose name says that it is a GGUF file. */
    public static boolean isGgufFile(Path path) {
        return hasGgufExtension(path) && Files.isRegularFile(path);
    }

    // the model closes the file
    static ModelFolder open(GgufFile file, Collection<ModelFamily> families, MixerCatalog mixers) {
        try {
            ModelFamily family = family(file, families);
            GgufConverter layout = family.gguf().orElseThrow();
            JsonObject config = layout.config(file);
            ModelSpec spec = ModelConfig.spec(file.file(), file.file(), config, family, mixers);
            NameMap names = family.names(spec);
            TensorSource parameters = layout.fromGguf(spec, file);
            Checkpoint checkpoint =
                    Checkpoint.of(file, config, names.toCheckpoint(UnpackedParts.of(parameters, names)));
            ModelFolder.manifest(spec, names).verify(checkpoint, names);
            return new ModelFolder(file.file(), family, spec, names, checkpoint, parameters);
        } catch (JsonException e) {
            file.close();
            throw new CheckpointException("%s: %s".formatted(file, e.getMessage()), e);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static ModelFamily family(GgufFile file, Collection<ModelFamily> families) {
        String architecture = file.architecture();
        return families.stream()
                .filter(family -> architectures(family).contains(architecture))
                .findFirst()
                .orElseThrow(() -> new CheckpointException(
                        "%s: no installed model family reads GGUF files of the architecture '%s'; supported: %s"
                                .formatted(
                                        file,
                                        architecture,
                                        families.stream()
                                                .flatMap(family -> architectures(family).stream())
                                                .sorted()
                                                .collect(Collectors.joining(", ")))));
    }

    private static List<String> architectures(ModelFamily family) {
        return family.gguf().map(GgufConverter::architectures).orElse(List.of());
    }

    /**
     * Writes a model as a GGUF file.
     *
     * @param model the model, with weights
     * @param mix the types of matrices; all else is F32
     * @throws CheckpointException if there are no weights, llama.cpp has no words for the model, or the file cannot be written
     */
    public static void export(ModelFolder model, Path file, QuantisationMix mix) {
        export(model.family(), model.spec(), model.path(), model.checkpoint(), file, mix);
    }

    /**
     * Writes a model as {@link #export(ModelFolder, Path, QuantisationMix)} does.
     *
     * @param folder where its tokenizer is, if it has one
     * @param official its tensors, by the names of its family's checkpoints
     */
    public static void export(
            ModelFamily family, ModelSpec spec, Path folder, TensorSource official, Path file, QuantisationMix mix) {
        GgufConverter layout = family.gguf()
                .orElseThrow(() -> new CheckpointException(
                        "%s: models of the family '%s' have no GGUF layout".formatted(folder, family.name())));
        JsonObject metadata =
                layout.metadata(spec, folder).with(GgufFile.FILE_TYPE, GgufWriter.fileType(mix.matrices()));
        NameMap names = family.names(spec);
        Set<String> kept = names.keptNames();
        TensorSource parameters = names.toModel(TensorSources.select(official, name -> !kept.contains(name)));
        Map<String, DType> types = config(mix).exportedTypes(parameters, names, spec);
        GgufWriter.write(file, metadata, layout.toGguf(spec, TensorSources.cast(parameters, types::get)));
    }

    /** Returns the types of a mix; where it is a single type, tables have it as well. */
    private static QuantisationConfig config(QuantisationMix mix) {
        Map<Table, DType> tables =
                mix.isMixed() ? Map.of() : Map.of(Table.EMBEDDING, mix.matrices(), Table.OUTPUT, mix.matrices());
        return new QuantisationConfig(mix, tables, Selector.of(QuantisationConfig.UNQUANTISED));
    }
}
