package carve.runtime.safetensors;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.config.NameSuggestions;
import carve.api.gguf.GgufFile;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.tensor.TensorType;
import carve.runtime.io.FolderTransaction;
import carve.runtime.io.RegularFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A model folder in Hugging Face layout, open for reading: {@code config.json} and the tensors, seen as one source.
 *
 * <p>The tensors are in {@code model.safetensors}, or in several files that {@code model.safetensors.index.json} lists. All
 * files are mapped, none is read whole. A folder that a writer is just replacing, or that a killed writer left half replaced,
 * reads as it was before the writer's commit or after it, never as a mixture.
 */
public final class Checkpoint implements TensorSource, AutoCloseable {
    /** The file that describes the model. */
    public static final String CONFIG = "config.json";
    /** The file that says how to generate text; optional. */
    public static final String GENERATION_CONFIG = "generation_config.json";
    /** The file with all tensors, where there is only one. */
    public static final String WEIGHTS = "model.safetensors";
    /** The file that says which tensor is in which file, where there are several. */
    public static final String INDEX = "model.safetensors.index.json";

    // an index of 100,000 tensors has some ten megabytes
    private static final long MAX_JSON_BYTES = 16 << 20;

    private final Path folder;
    private final JsonObject config;
    private final TensorSource tensors;
    private final Map<String, StoredTensor> stored;
    private final Map<String, String> fileOf;
    private final Map<String, String> metadata;
    private final List<String> files;
    private final Predicate<MemorySegment> holds;
    private final Runnable close;

    private Checkpoint(Path folder, JsonObject config, Map<String, SafeTensorsFile> files, Map<String, String> fileOf) {
        this.folder = folder;
        this.config = config;
        this.tensors = new Shards(folder, files, fileOf);
        this.stored = stored(tensors);
        this.fileOf = Collections.unmodifiableMap(fileOf);
        this.metadata = metadata(files);
        this.files = List.copyOf(files.keySet());
        this.holds = values -> files.values().stream().anyMatch(file -> file.holds(values));
        this.close = () -> files.values().forEach(SafeTensorsFile::close);
    }

    private Checkpoint(GgufFile file, JsonObject config, TensorSource tensors) {
        this.folder = file.file();
        this.config = config;
        this.tensors = tensors;
        this.stored = new LinkedHashMap<>();
        file.names()
                .forEach(name ->
                        stored.put(name, new StoredTensor(file.storedType(name).name(), file.storedBytes(name))));
        this.fileOf = Map.of();
        this.metadata = Map.of();
        this.files =
                file.files().stream().map(part -> part.getFileName().toString()).toList();
        this.holds = file::holds;
        this.close = file::close;
    }

    private Checkpoint(Checkpoint from, JsonObject config, TensorSource tensors) {
        this.folder = from.folder;
        this.config = config;
        this.tensors = tensors;
        this.stored = from.stored;
        this.fileOf = from.fileOf;
        this.metadata = from.metadata;
        this.files = from.files;
        this.holds = from.holds;
        this.close = from.close;
    }

    private static Map<String, StoredTensor> stored(TensorSource tensors) {
        var stored = new LinkedHashMap<String, StoredTensor>();
        for (String name : tensors.names()) {
            TensorType type = tensors.type(name);
            stored.put(name, new StoredTensor(type.dtype().name(), type.bytes()));
        }
        return stored;
    }

    /** The tensors of several files. */
    private record Shards(Path folder, Map<String, SafeTensorsFile> files, Map<String, String> fileOf)
            implements TensorSource {
        @Override
        public Set<String> names() {
            return Collections.unmodifiableSet(fileOf.keySet());
        }

        @Override
        public TensorType type(String name) {
            return file(name).type(name);
        }

        @Override
        public MemorySegment data(String name) {
            return file(name).data(name);
        }

        private SafeTensorsFile file(String name) {
            String file = fileOf.get(name);
            if (file == null) {
                throw new CheckpointException(
                        folder + ": " + TensorSources.unknown(name, names()).getMessage());
            }
            return files.get(file);
        }
    }

    /**
     * Returns a GGUF file as if it were a folder.
     *
     * @param file the file; closed with the checkpoint
     * @param config what {@code config.json} would be
     * @param tensors its tensors by the names of that layout
     */
    public static Checkpoint of(GgufFile file, JsonObject config, TensorSource tensors) {
        return new Checkpoint(file, config, tensors);
    }

    /**
     * Returns this checkpoint with another configuration and other tensors, which are made of its own; closing either closes both.
     */
    public Checkpoint with(JsonObject changedConfig, TensorSource unpacked) {
        return new Checkpoint(this, changedConfig, unpacked);
    }

    /**
     * Opens a folder and checks all its files.
     *
     * @throws CheckpointException if a file is missing or broken, or the index contradicts the files; it tells all problems
     */
    public static Checkpoint open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new CheckpointException("%s: %s; expected a folder with %s and %s"
                    .formatted(folder, Files.exists(folder) ? "not a folder" : "no such folder", CONFIG, WEIGHTS));
        }
        JsonObject config = json(folder, CONFIG)
                .orElseThrow(
                        () -> new CheckpointException("%s: no %s; %s".formatted(folder, CONFIG, contents(folder))));
        var files = new LinkedHashMap<String, SafeTensorsFile>();
        try {
            return new Checkpoint(folder, config, files, openFiles(folder, files));
        } catch (RuntimeException e) {
            files.values().forEach(SafeTensorsFile::close);
            throw e;
        }
    }

    private static Map<String, String> openFiles(Path folder, Map<String, SafeTensorsFile> files) {
        Optional<Path> single = FolderTransaction.resolve(folder, WEIGHTS);
        Optional<JsonObject> index = json(folder, INDEX);
        if (single.isPresent() && index.isPresent()) {
            throw new CheckpointException("%s: both %s and %s are there; remove the one that is out of date"
                    .formatted(folder, WEIGHTS, INDEX));
        }
        var fileOf = new LinkedHashMap<String, String>();
        if (index.isPresent()) {
            openShards(folder, index.get(), files, fileOf);
        } else {
            Path file = single.orElseThrow(() -> new CheckpointException(
                    "%s: neither %s nor %s; %s".formatted(folder, WEIGHTS, INDEX, contents(folder))));
            var tensors = SafeTensorsFile.open(file);
            files.put(WEIGHTS, tensors);
            tensors.names().forEach(name -> fileOf.put(name, WEIGHTS));
        }
        return fileOf;
    }

    private static void openShards(
            Path folder, JsonObject index, Map<String, SafeTensorsFile> files, Map<String, String> fileOf) {
        Map<String, String> listed = weightMap(folder, index);
        var problems = new ArrayList<String>();
        for (String shard : new TreeMap<>(
                        listed.values().stream().collect(Collectors.toMap(s -> s, s -> s, (a, _) -> a)))
                .keySet()) {
            if (!FolderTransaction.isPlain(shard)) {
                problems.add("'%s' is not the name of a file in the folder".formatted(shard));
                continue;
            }
            Optional<Path> file = FolderTransaction.resolve(folder, shard);
            if (file.isEmpty()) {
                problems.add("'%s' is missing".formatted(shard));
                continue;
            }
            try {
                files.put(shard, SafeTensorsFile.open(file.get()));
            } catch (CheckpointException e) {
                problems.add(e.getMessage().replace(file.get().toString(), "'" + shard + "'"));
            }
        }
        listed.forEach((name, shard) -> {
            if (files.containsKey(shard) && !files.get(shard).names().contains(name)) {
                problems.add("'%s' lacks the tensor '%s'".formatted(shard, name));
            }
        });
        files.forEach((shard, tensors) -> tensors.names().forEach(name -> {
            if (shard.equals(listed.get(name))) {
                fileOf.put(name, shard);
            } else {
                problems.add("'%s' holds the tensor '%s', which the index %s"
                        .formatted(
                                shard,
                                name,
                                listed.containsKey(name) ? "puts into '" + listed.get(name) + "'" : "does not list"));
            }
        }));
        if (!problems.isEmpty()) {
            problems.sort(NameSuggestions.naturalOrder());
            throw CheckpointException.of(folder.resolve(INDEX).toString(), problems);
        }
    }

    private static Map<String, String> weightMap(Path folder, JsonObject index) {
        try {
            JsonObject map = index.object("weight_map");
            var listed = new LinkedHashMap<String, String>();
            map.keys().forEach(name -> listed.put(name, map.string(name)));
            return listed;
        } catch (JsonException e) {
            throw new CheckpointException("%s: %s".formatted(folder, e.getMessage()), e);
        }
    }

    private static Optional<JsonObject> json(Path folder, String name) {
        try {
            return FolderTransaction.resolve(folder, name).map(file -> {
                try {
                    RegularFiles.requireAtMost(file, MAX_JSON_BYTES);
                    return Json.parseObject(Files.readAllBytes(file), name);
                } catch (IOException e) {
                    throw new CheckpointException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
                }
            });
        } catch (JsonException e) {
            throw new CheckpointException("%s: %s".formatted(folder, e.getMessage()), e);
        }
    }

    private static String contents(Path folder) {
        try (var files = Files.list(folder)) {
            String names = files.map(file -> file.getFileName().toString())
                    .sorted()
                    .limit(10)
                    .collect(Collectors.joining(", "));
            return names.isEmpty() ? "it is empty" : "it holds " + names;
        } catch (IOException e) {
            return "it cannot be listed";
        }
    }

    /** Returns the folder, or the GGUF file. */
    public Path folder() {
        return folder;
    }

    /** Returns {@code config.json}. */
    public JsonObject config() {
        return config;
    }

    /**
     * Reads {@code generation_config.json}, if there is one.
     *
     * @throws CheckpointException if it is no JSON object
     */
    public Optional<JsonObject> generationConfig() {
        return json(folder, GENERATION_CONFIG);
    }

    /** Returns each tensor as the files have it, by its name there. */
    public Map<String, StoredTensor> stored() {
        return Collections.unmodifiableMap(stored);
    }

    /** Returns the file of a folder that holds each stored tensor, by its name there. */
    public Map<String, String> weightMap() {
        return fileOf;
    }

    /** Returns the texts that the files carry under {@code __metadata__}; where files differ, the first one's. */
    public Map<String, String> metadata() {
        return metadata;
    }

    private static Map<String, String> metadata(Map<String, SafeTensorsFile> files) {
        var all = new LinkedHashMap<String, String>();
        files.values().forEach(file -> file.metadata().forEach(all::putIfAbsent));
        return Collections.unmodifiableMap(all);
    }

    /** Returns the names of the files with tensors, in order. */
    public List<String> files() {
        return files;
    }

    @Override
    public Set<String> names() {
        return tensors.names();
    }

    @Override
    public TensorType type(String name) {
        return tensors.type(name);
    }

    @Override
    public MemorySegment data(String name) {
        return tensors.data(name);
    }

    @Override
    public List<MemorySegment> pieces(String name) {
        return tensors.pieces(name);
    }

    /** Returns whether values lie in the mapped files, and were not computed or copied. */
    public boolean holds(MemorySegment values) {
        return holds.test(values);
    }

    /** Unmaps all files. */
    @Override
    public void close() {
        close.run();
    }

    @Override
    public String label() {
        return toString();
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
