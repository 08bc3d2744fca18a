package carve.runtime.model;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.ExpectedTensors;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.device.Device;
import carve.api.gguf.GgufConverter;
import carve.api.gguf.GgufFile;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.api.text.Processor;
import carve.runtime.catalog.Catalogs;
import carve.runtime.hub.HubCache;
import carve.runtime.hub.HubReference;
import carve.runtime.io.RegularFiles;
import carve.runtime.quantised.QuantisedFolder;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.CheckpointWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A model in a folder of Hugging Face layout: what {@code config.json} describes, and its weights by the model's names; or a
 * GGUF file of a family that has a {@link GgufConverter}.
 *
 * <p>Opening maps the weights, checks that they are what the configuration promises, and reads none of them. A folder may
 * be without weights: a model that is yet to be trained.
 *
 * {@snippet :
 * try (ModelFolder folder = ModelFolder.open(path, families, mixers);
 *         LoadedModel model = folder.load(device, Storage.KEEP)) {
 *     folder.save(model, copy);
 * }
 * }
 */
public final class ModelFolder implements AutoCloseable {
    private final Path path;
    private final ModelFamily family;
    private final ModelSpec spec;
    private final NameMap names;
    private final Optional<Checkpoint> checkpoint;
    private final Optional<TensorSource> parameters;
    private final ReferenceCount referenceCount;

    private ModelFolder(
            Path path,
            ModelFamily family,
            ModelSpec spec,
            NameMap names,
            Optional<Checkpoint> checkpoint,
            Optional<TensorSource> parameters) {
        this.path = path;
        this.family = family;
        this.spec = spec;
        this.names = names;
        this.checkpoint = checkpoint;
        this.parameters = parameters;
        this.referenceCount = new ReferenceCount(() -> checkpoint.ifPresent(Checkpoint::close));
    }

    /**
     * Makes a model whose weights are not by the names of its checkpoint.
     *
     * @param checkpoint its weights as a folder would have them, which may be made when they are asked for
     * @param parameters its weights by the model's names
     */
    ModelFolder(
            Path path,
            ModelFamily family,
            ModelSpec spec,
            NameMap names,
            Checkpoint checkpoint,
            TensorSource parameters) {
        this(path, family, spec, names, Optional.of(checkpoint), Optional.of(parameters));
    }

    /**
     * Opens a model and checks that its tensors are those of its configuration.
     *
     * @param model a folder, a GGUF file, or a {@linkplain HubReference reference} to a model that was pulled from the hub, {@code
     *     hf:ORG/NAME}; this is where it becomes a path
     * @param families the families that are installed
     * @param mixers the mixers that are installed
     * @throws CheckpointException if a file is missing or broken, no family knows the configuration, a layer's mixer is not
     *     installed, or tensors are missing, unexpected or of another shape; it tells all of them
     * @throws carve.runtime.hub.HubException if a reference leads to nothing that was pulled
     */
    public static ModelFolder open(Path model, Collection<ModelFamily> families, MixerCatalog mixers) {
        Path folder = HubCache.resolve(model);
        if (GgufModels.isGgufFile(folder)) {
            return GgufModels.open(GgufFile.open(folder), families, mixers);
        }
        JsonObject config = QuantisedFolder.plain(ModelConfig.read(folder));
        ModelFamily family = ModelConfig.family(folder, config, families);
        Optional<Checkpoint> stored = hasWeights(folder) ? Optional.of(QuantisedFolder.open(folder)) : Optional.empty();
        try {
            ModelSpec spec = ModelConfig.spec(folder, config, family, mixers);
            NameMap names = family.names(spec);
            Optional<Checkpoint> checkpoint =
                    stored.map(tensors -> withBasePrefix(tensors, family.basePrefix(spec), names));
            checkpoint.ifPresent(tensors -> manifest(spec, names).verify(tensors, names));
            return new ModelFolder(folder, family, spec, names, checkpoint, Optional.empty());
        } catch (RuntimeException e) {
            stored.ifPresent(Checkpoint::close);
            throw e;
        }
    }

    // checkpoints without an output layer lack the prefix of all names
    private static Checkpoint withBasePrefix(Checkpoint checkpoint, String prefix, NameMap names) {
        Set<String> known = names.checkpointNames();
        if (prefix.isEmpty() || checkpoint.names().stream().anyMatch(known::contains)) {
            return checkpoint;
        }
        List<NameRule> rules = checkpoint.names().stream()
                .map(name -> NameRule.rename(name, known.contains(prefix + name) ? prefix + name : name))
                .toList();
        return checkpoint.with(checkpoint.config(), NameMap.of(rules).toModel(checkpoint));
    }

    /** Opens a folder as {@link #open(Path, Collection, MixerCatalog)} does, with the installed families and mixers. */
    public static ModelFolder open(Path folder, Catalogs catalogs) {
        return open(folder, catalogs.families().providers(), catalogs.mixerCatalog());
    }

    private static boolean hasWeights(Path folder) {
        boolean single = RegularFiles.isPresent(folder.resolve(Checkpoint.WEIGHTS));
        return RegularFiles.isPresent(folder.resolve(Checkpoint.INDEX)) || single;
    }

    static ExpectedTensors manifest(ModelSpec spec, NameMap names) {
        Map<String, TensorType> expected = new LinkedHashMap<>();
        spec.parameters().forEach(param -> expected.put(param.name(), new TensorType(DType.F32, param.shape())));
        Set<String> free = names.keptNames();
        spec.extraTensors().stream()
                .filter(param -> !free.contains(param.name()))
                .forEach(param -> expected.put(param.name(), new TensorType(DType.F32, param.shape())));
        return new ExpectedTensors(expected);
    }

    /** Returns the folder. */
    public Path path() {
        return path;
    }

    /** Returns the family that the model belongs to. */
    public ModelFamily family() {
        return family;
    }

    /** Returns the model. */
    public ModelSpec spec() {
        return spec;
    }

    /** Returns the map between the names of the checkpoint and those of the model. */
    public NameMap names() {
        return names;
    }

    /** Returns whether there are weights. */
    public boolean hasWeights() {
        return checkpoint.isPresent();
    }

    /**
     * Returns the weights by the folder's names, unpacked where another library quantised them.
     *
     * @throws CheckpointException if there are none
     */
    public Checkpoint checkpoint() {
        return checkpoint.orElseThrow(
                () -> new CheckpointException("%s: there are no weights, neither %s nor %s; train it"
                        .formatted(path, Checkpoint.WEIGHTS, Checkpoint.INDEX)));
    }

    /**
     * Returns the weights by the model's names, carried ones under their own.
     *
     * @throws CheckpointException if there are none
     */
    public TensorSource tensors() {
        return family.weights(spec, path, parameters.orElseGet(() -> names.toModel(checkpoint())), Checkpoint::open);
    }

    /** Opens what is needed to talk to the model; the caller closes it. */
    public Processor processor() {
        return family.processor(spec, path);
    }

    /**
     * Takes the weights to a device; the caller closes the model. Those that the device can read as they are stored are not
     * copied where it can read the mapped file, which then stays mapped until the model is closed, whether or not this folder is.
     * Weights for training are copied.
     *
     * @throws CheckpointException if there are none
     */
    public LoadedModel load(Device device, WeightPrecision weightPrecision) {
        TensorSource tensors = tensors();
        ParamStore params = new ParamStore(device);
        try {
            for (ParamSpec param : spec.parameters()) {
                params.put(param.name(), take(device, tensors, param.name(), weightPrecision));
            }
        } catch (RuntimeException e) {
            params.close();
            throw e;
        }
        return new LoadedModel(family, spec, params);
    }

    private Tensor take(Device device, TensorSource tensors, String name, WeightPrecision weightPrecision) {
        TensorType stored = tensors.type(name);
        if (weightPrecision != WeightPrecision.AS_STORED || weightPrecision.of(stored, device) != stored.dtype()) {
            return upload(device, tensors, name, weightPrecision);
        }
        List<MemorySegment> pieces = tensors.pieces(name);
        if (pieces.size() != 1) {
            return upload(device, tensors, name, weightPrecision);
        }
        // what was unpacked is in memory that the collector frees, of which there is no more than the heap may have
        return checkpoint().holds(pieces.getFirst())
                ? Tensors.map(device, stored, pieces.getFirst(), referenceCount.retain())
                : Tensors.upload(device, stored, pieces.getFirst());
    }

    /** Returns a copy on a device of a tensor of a source. */
    public static Tensor upload(Device device, TensorSource tensors, String name, WeightPrecision weightPrecision) {
        TensorType stored = tensors.type(name);
        TensorType type = stored.with(weightPrecision.of(stored, device));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = DTypeConversion.convert(stored.dtype(), tensors.data(name), type.dtype(), arena);
            return Tensors.upload(device, type, values);
        }
    }

    /** Returns the model with the initial values of its parameters under a seed; the caller closes it. */
    public LoadedModel initial(Device device, long seed) {
        return new LoadedModel(family, spec, ParamStore.initial(device, spec.parameters(), seed));
    }

    /**
     * Writes a model with weights of its own, and everything else from here: the configuration, the files that go with it,
     * the tensors that are only carried along. Each tensor is stored as it is here; one that is not here, as most of its kind
     * are, matrices or others.
     *
     * @param model a model of this specification
     * @throws CheckpointException if something cannot be written; the target is then as it was
     */
    public void save(LoadedModel model, Path to) {
        save(model, to, Optional.empty());
    }

    /** Writes a model as {@link #save(LoadedModel, Path)} does, with all floating-point tensors in one type. */
    public void save(LoadedModel model, Path to, DType dtype) {
        save(model, to, Optional.of(dtype));
    }

    /**
     * Writes the model with tensors in other storage types, and everything else from here. Tensors are read and written one
     * after the other, so that the model need not fit into memory.
     *
     * @throws CheckpointException if there are no weights, or something cannot be written; the target is then as it was
     */
    public void save(QuantisationConfig quantisationConfig, Path to) {
        TensorSource tensors = checkpoint();
        Map<String, DType> types = quantisationConfig.types(this);
        writer(to, quantisationConfig.config(spec.config())).write(TensorSources.cast(tensors, types::get));
    }

    private void save(LoadedModel model, Path to, Optional<DType> asked) {
        TensorSource weights = TensorSources.cast(
                downloads(model.params()),
                name -> asked.orElseGet(
                        () -> stored(name, model.params().get(name).shape().rank())));
        TensorSource carried = carried(weights.names());
        TensorSource cast =
                asked.map(dtype -> TensorSources.cast(carried, dtype)).orElse(carried);
        writer(to, model.spec().config()).write(names.toCheckpoint(TensorSources.union(weights, cast)));
    }

    private DType stored(String name, int rank) {
        String there = names.checkpointName(name);
        return checkpoint
                .filter(tensors -> tensors.names().contains(there))
                .map(tensors -> tensors.type(there).dtype())
                .orElseGet(() -> commonDType(rank == 2));
    }

    /** Returns the type, not a quantised one, in which most values of matrices, or of all else, are stored; F32 if there are none. */
    public DType commonDType(boolean matrices) {
        Map<DType, Long> bytes = new LinkedHashMap<>();
        checkpoint.ifPresent(tensors -> tensors.names().stream()
                .map(tensors::type)
                .filter(type ->
                        matrices == (type.shape().rank() == 2) && type.dtype().isFloating())
                .filter(type -> !type.dtype().isQuantised())
                .forEach(type -> bytes.merge(type.dtype(), type.shape().size(), Long::sum)));
        return bytes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(DType.F32);
    }

    private TensorSource carried(Set<String> others) {
        return checkpoint
                .<TensorSource>map(names::toModel)
                .map(all -> TensorSources.select(all, name -> !others.contains(name)))
                .orElseGet(() -> TensorSources.of(Map.of()));
    }

    private static TensorSource downloads(ParamStore params) {
        Map<String, TensorType> types = new LinkedHashMap<>();
        params.asMap().forEach((name, tensor) -> types.put(name, tensor.type()));
        return TensorSources.of(types, name -> download(params.get(name)));
    }

    /** Returns a copy of a tensor in memory that the collector frees. */
    public static MemorySegment download(Tensor tensor) {
        MemorySegment values = Arena.ofAuto()
                .allocate(Math.max(1, tensor.type().bytes()), Long.BYTES)
                .asSlice(0, tensor.type().bytes());
        tensor.device().download(tensor, values);
        return values;
    }

    /** Returns a writer of a folder with a configuration and the files that go with this model. */
    public CheckpointWriter writer(Path to, JsonObject config) {
        Map<String, byte[]> described = family.configFiles(config);
        CheckpointWriter writer = new CheckpointWriter(to);
        for (Map.Entry<String, byte[]> file : described.entrySet()) {
            writer = writer.with(file.getKey(), file.getValue());
        }
        Set<String> files = new LinkedHashSet<>(List.of(Checkpoint.GENERATION_CONFIG));
        files.addAll(family.auxiliaryFiles());
        files.removeAll(described.keySet());
        for (String name : files) {
            Path file = path.resolve(name);
            writer = Files.isRegularFile(file) ? writer.withCopy(file) : writer;
        }
        Map<String, String> texts = checkpoint.map(Checkpoint::metadata).orElse(Map.of());
        return texts.isEmpty() ? writer : writer.withMetadata(texts);
    }

    /** Unmaps the weights, unless models read them where they lie: then when the last of them is closed. */
    @Override
    public void close() {
        referenceCount.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
