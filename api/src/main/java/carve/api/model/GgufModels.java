package carve.api.model;

import carve.api.checkpoint.Checkpoint;
import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.Gguf;
import carve.api.checkpoint.GgufWriter;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.config.JsonException;
import carve.api.config.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/** Models in GGUF files, in and out: of all families that have a {@link GgufLayout}. */
public final class GgufModels {
    private static final String END = ".gguf";

    private GgufModels() {}

    /** Returns whether the name of a path is that of a GGUF file. */
    public static boolean isName(Path path) {
        return path.toString().endsWith(END);
    }

    /** Returns whether a path is a file whose name says that it is a GGUF file. */
    public static boolean isFile(Path path) {
        return isName(path) && Files.isRegularFile(path);
    }

    // the model closes the file
    static ModelFolder open(Gguf file, Collection<ModelFamily> families, MixerCatalog mixers) {
        try {
            ModelFamily family = family(file, families);
            GgufLayout layout = family.gguf().orElseThrow();
            JsonObject config = layout.config(file);
            ModelSpec spec = family.read(config, mixers);
            NameMap names = family.names(spec);
            Checkpoint checkpoint = Checkpoint.of(file, config, layout.read(file));
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

    private static ModelFamily family(Gguf file, Collection<ModelFamily> families) {
        String architecture = file.architecture();
        return families.stream()
                .filter(family -> family.gguf()
                        .filter(layout -> layout.recognises(architecture))
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
        GgufLayout layout = family.gguf()
                .orElseThrow(() -> new CheckpointException(
                        "%s: models of the family '%s' have no GGUF layout".formatted(folder, family.name())));
        JsonObject metadata = layout.metadata(spec, folder).with(Gguf.FILE_TYPE, GgufWriter.fileType(dtype));
        Set<String> kept = family.names(spec).keptNames();
        TensorSource used = TensorSources.select(official, name -> !kept.contains(name));
        TensorSource cast = TensorSources.cast(used, name -> stored(used.type(name), dtype));
        GgufWriter.write(file, metadata, layout.write(spec, cast));
    }

    private static DType stored(TensorType type, DType asked) {
        boolean matrix = type.shape().rank() == 2 && type.shape().extent(1) % asked.blockElements() == 0;
        return matrix ? asked : DType.F32;
    }
}
