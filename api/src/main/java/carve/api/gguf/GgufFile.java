package carve.api.gguf;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.MappedFile;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.config.NameSuggestions;
import carve.api.json.JsonObject;
import carve.api.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A GGUF file, as llama.cpp reads and writes them, mapped into memory and checked when it is opened. Files may be larger than
 * the memory. Versions 2 and 3 are read; files are written as version 3. A model that is split into several files is opened by
 * any of them and read as one.
 *
 * <p>The metadata are a JSON object, whose keys have dots in them. Names of tensors are llama.cpp's; extents are in our order,
 * the last one being that of elements side by side. A tensor of a type that is no {@link carve.api.tensor.DType} is {@linkplain
 * GgufTensorType#dtype() unpacked} each time its values are asked for. Closing the file invalidates all segments that are views
 * of it.
 */
public final class GgufFile implements TensorSource, AutoCloseable {
    /** The first four bytes of a file, as a little-endian number: {@code GGUF}. */
    public static final int MAGIC = 0x46554747;

    /** The version that is written. */
    public static final int VERSION = 3;
    /** The default alignment of tensor data, in bytes. */
    public static final int ALIGNMENT = 32;
    /** The key of another alignment. */
    public static final String ALIGNMENT_KEY = "general.alignment";
    /** The key of the name of the kind of model. */
    public static final String ARCHITECTURE = "general.architecture";
    /** The key of the type of most values. */
    public static final String FILE_TYPE = "general.file_type";

    private final Arena arena;
    private final List<GgufShard> shards;
    private final Map<String, Tensor> tensors;

    private record Tensor(GgufShard shard, GgufHeader.Entry entry) {}

    private GgufFile(Arena arena, List<GgufShard> shards, Map<String, Tensor> tensors) {
        this.arena = arena;
        this.shards = List.copyOf(shards);
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /**
     * Opens and checks a file, and the others of its split if it is one of several.
     *
     * @throws CheckpointException if a file is missing, cannot be read, is not a valid GGUF file, or has tensors of types that are
     *     not supported
     */
    public static GgufFile open(Path file) {
        Arena arena = Arena.ofShared();
        try {
            GgufShard shard = GgufShard.open(file, arena);
            long count = GgufSplit.number(shard.header().metadata(), GgufSplit.COUNT_KEY, 1);
            return count < 2 ? of(arena, List.of(shard)) : open(arena, shard, count);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static GgufFile open(Arena arena, GgufShard given, long count) {
        Optional<GgufSplit> named = GgufSplit.of(given.file());
        if (named.isEmpty() || named.get().count() != count) {
            throw new CheckpointException(
                    "%s: one of %d files of a model; they must be named NAME-00001-of-%05d.gguf and so on"
                            .formatted(given.file(), count, count));
        }
        GgufSplit split = named.get();
        List<GgufShard> shards = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (Path file : split.files()) {
            GgufShard shard = file.equals(given.file()) ? given : GgufShard.open(file, arena);
            split.problems(shard.header().metadata(), shards.size())
                    .forEach(problem -> problems.add("%s: %s".formatted(file.getFileName(), problem)));
            shards.add(shard);
        }
        if (!problems.isEmpty()) {
            throw CheckpointException.of(given.file().toString(), problems);
        }
        return of(arena, shards);
    }

    private static GgufFile of(Arena arena, List<GgufShard> shards) {
        Path file = shards.getFirst().file();
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (GgufShard shard : shards) {
            shard.header().entries().forEach((name, entry) -> {
                if (tensors.put(name, new Tensor(shard, entry)) != null) {
                    throw new CheckpointException("%s: tensor '%s' is in two files of the split, the second of them %s"
                            .formatted(file, name, shard.file().getFileName()));
                }
            });
        }
        JsonObject metadata = shards.getFirst().header().metadata();
        long count = GgufSplit.number(metadata, GgufSplit.TENSORS_KEY, tensors.size());
        if (count != tensors.size()) {
            throw new CheckpointException("%s: '%s' is %d, but the %d files have %d tensors"
                    .formatted(file, GgufSplit.TENSORS_KEY, count, shards.size(), tensors.size()));
        }
        return new GgufFile(arena, shards, tensors);
    }

    /** Returns the file; the first one of a split. */
    public Path file() {
        return shards.getFirst().file();
    }

    /** Returns all files of the model, the first one first. */
    public List<Path> files() {
        return shards.stream().map(GgufShard::file).toList();
    }

    /** Returns the metadata; numbers of F32 are in their shortest text. */
    public JsonObject metadata() {
        return shards.getFirst().header().metadata();
    }

    /**
     * Returns {@code general.architecture}.
     *
     * @throws CheckpointException if there is none
     */
    public String architecture() {
        return metadata()
                .optionalString(ARCHITECTURE)
                .orElseThrow(() -> new CheckpointException("%s: no metadata '%s'%s"
                        .formatted(
                                file(),
                                ARCHITECTURE,
                                NameSuggestions.suggestion(
                                        ARCHITECTURE, metadata().keys()))));
    }

    /** Returns the names in the order of the file's list. */
    @Override
    public Set<String> names() {
        return tensors.keySet();
    }

    /** Returns the type of a tensor after it was read, which may be unpacked. */
    @Override
    public TensorType type(String name) {
        return tensor(name).entry().type();
    }

    /**
     * Returns the type of a tensor in the file.
     *
     * @throws CheckpointException if there is no such tensor
     */
    public GgufTensorType storedType(String name) {
        return tensor(name).entry().stored();
    }

    /**
     * Returns the number of bytes of a tensor in the file.
     *
     * @throws CheckpointException if there is no such tensor
     */
    public long storedBytes(String name) {
        return tensor(name).entry().bytes();
    }

    @Override
    public MemorySegment data(String name) {
        Tensor tensor = tensor(name);
        return tensor.entry()
                .stored()
                .format()
                .unpack(tensor.shard().stored(tensor.entry()))
                .asReadOnly();
    }

    /** Returns whether values lie in the mapped files, and were not unpacked or copied. */
    public boolean holds(MemorySegment values) {
        return shards.stream().anyMatch(shard -> MappedFile.holds(shard.bytes(), values));
    }

    /**
     * Requires that all tensors are known.
     *
     * @throws CheckpointException if there are others; it names all of them
     */
    public void requireNames(Predicate<String> known) {
        List<String> unexpected = names().stream()
                .filter(known.negate())
                .sorted(NameSuggestions.naturalOrder())
                .map(name -> "unexpected tensor '%s' for architecture %s".formatted(name, architecture()))
                .toList();
        if (!unexpected.isEmpty()) {
            throw CheckpointException.of(toString(), unexpected);
        }
    }

    private Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new CheckpointException(
                    file() + ": " + TensorSources.unknown(name, names()).getMessage());
        }
        return tensor;
    }

    @Override
    public String label() {
        return toString();
    }

    /** Unmaps the files. */
    @Override
    public void close() {
        arena.close();
    }

    @Override
    public String toString() {
        return file().toString();
    }
}
