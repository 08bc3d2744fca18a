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
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.runtime.gguf.GgufWriter;
import carve.runtime.safetensors.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

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
            Checkpoint checkpoint = Checkpoint.of(file, config, layout.fromGguf(file));
            ModelFolder.manifest(spec, names).verify(checkpoint, names);
            return new ModelFolder(file.file(), family, spec, names, Optional.of(checkpoint));
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
                .filter(family -> family.gguf()
                        .filter(layout -> layout.supports(architecture))
                        .isPresent())
                .findFirst()
                .orElseThrow(() -> new CheckpointException(
                        "%s: no installed model family reads GGUF files of the architecture '%s'"
                                .formatted(file, architecture)));
    }

    /**
     * Writes a model as a GGUF file.
     *
     * @param model the model, with weights
     * @param dtype the type of matrices whose rows it divides; all else is F32
     * @throws CheckpointException if there are no weights, llama.cpp has no words for the model, or the file cannot be written
     */
    public static void export(ModelFolder model, Path file, DType dtype) {
        export(model.family(), model.spec(), model.path(), model.checkpoint(), file, dtype);
    }

    /**
     * Writes a model as {@link #export(ModelFolder, Path, DType)} does.
     *
     * @param folder where its tokenizer is, if it has one
     * @param official its tensors, by the names of its family's checkpoints
     */
    public static void export(
            ModelFamily family, ModelSpec spec, Path folder, TensorSource official, Path file, DType dtype) {
        GgufConverter layout = family.gguf()
                .orElseThrow(() -> new CheckpointException(
                        "%s: models of the family '%s' have no GGUF layout".formatted(folder, family.name())));
        JsonObject metadata = layout.metadata(spec, folder).with(GgufFile.FILE_TYPE, GgufWriter.fileType(dtype));
        Set<String> kept = family.names(spec).keptNames();
        TensorSource used = TensorSources.select(official, name -> !kept.contains(name));
        TensorSource cast = TensorSources.cast(used, name -> stored(used.type(name), dtype));
        GgufWriter.write(file, metadata, layout.toGguf(spec, cast));
    }

    private static DType stored(TensorType type, DType asked) {
        boolean matrix =
                QuantisationConfig.isMatrix(type.shape()) && type.shape().extent(-1) % asked.blockElements() == 0;
        return matrix ? asked : DType.F32;
    }
}
