package carve.api.gguf;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.MappedFile;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.config.NameSuggestions;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A GGUF file, as llama.cpp reads and writes them, mapped into memory and checked when it is opened. Files may be larger than
 * the memory. Versions 2 and 3 are read; files are written as version 3.
 *
 * <p>The metadata are a JSON object, whose keys have dots in them. Names of tensors are llama.cpp's; extents are in our order,
 * the last one being that of elements side by side. Closing the file invalidates all its segments.
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

    private static final int MAX_DIMENSIONS = 4;
    // a name's length, the number of extents, one extent, a type, an offset
    private static final long LEAST_BYTES = 8 + 4 + 8 + 4 + 8;

    private final Path file;
    private final Arena arena;
    private final JsonObject metadata;
    private final Map<String, Entry> entries;
    private final MemorySegment all;

    private record Entry(TensorType type, long offset) {
        long end() {
            return offset + type.bytes();
        }
    }

    private GgufFile(Path file, Arena arena, JsonObject metadata, Map<String, Entry> entries, MemorySegment all) {
        this.file = file;
        this.arena = arena;
        this.metadata = metadata;
        this.entries = Collections.unmodifiableMap(entries);
        this.all = all;
    }

    /**
     * Opens and checks a file.
     *
     * @throws CheckpointException if it cannot be read, is not a valid GGUF file, or has tensors of types that are not
     *     supported
     */
    public static GgufFile open(Path file) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment mapped = MappedFile.map(file, arena);
            return open(file, arena, MappedFile.readable(file, mapped, arena));
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw MappedFile.failure(file, e);
        }
    }

    private static GgufFile open(Path file, Arena arena, MemorySegment all) {
        var reader = new GgufParser(file.toString(), all);
        int magic = all.byteSize() < Integer.BYTES ? 0 : reader.integer("the magic number");
        if (magic != MAGIC) {
            throw reader.error("the file does not begin with GGUF; is this a GGUF file?");
        }
        int version = reader.integer("the version");
        if (version != 2 && version != VERSION) {
            throw reader.error("version %s is not supported; there are 2 and %d"
                    .formatted(Integer.toUnsignedString(version), VERSION));
        }
        int tensors = reader.count("the number of tensors", LEAST_BYTES);
        JsonObject metadata = reader.metadata(reader.count("the number of metadata", Long.BYTES + Integer.BYTES + 1));
        long alignment = alignment(reader, metadata);
        var problems = new ArrayList<String>();
        var entries = new LinkedHashMap<String, Entry>();
        for (int i = 0; i < tensors; i++) {
            entry(reader, i, alignment, entries, problems);
        }
        long start = (reader.position() + alignment - 1) / alignment * alignment;
        var placed = new LinkedHashMap<String, Entry>();
        entries.forEach((name, entry) -> placed.put(name, new Entry(entry.type(), start + entry.offset())));
        if (problems.isEmpty()) {
            problems.addAll(misplaced(placed, start, all.byteSize()));
        }
        if (!problems.isEmpty()) {
            throw CheckpointException.of(file.toString(), problems);
        }
        return new GgufFile(file, arena, metadata, placed, all);
    }

    private static long alignment(GgufParser reader, JsonObject metadata) {
        long alignment = metadata.value(ALIGNMENT_KEY)
                .map(value ->
                        value instanceof JsonNumber number ? number.whole().orElse(-1L) : -1L)
                .orElse((long) ALIGNMENT);
        if (alignment < 1 || alignment > 1 << 20 || Long.bitCount(alignment) != 1) {
            throw reader.error("'%s' must be a power of two up to 1048576, is %s"
                    .formatted(
                            ALIGNMENT_KEY,
                            metadata.value(ALIGNMENT_KEY).orElseThrow().describe()));
        }
        return alignment;
    }

    private static void entry(
            GgufParser reader, int index, long alignment, Map<String, Entry> entries, List<String> problems) {
        String name = reader.text("the name of tensor " + index);
        String what = "tensor '%s'".formatted(name);
        int dimensions = reader.integer("the number of extents of " + what);
        if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
            throw reader.error("%s has %s extents, at most %d are possible"
                    .formatted(what, Integer.toUnsignedString(dimensions), MAX_DIMENSIONS));
        }
        long[] extents = new long[dimensions];
        for (int d = dimensions - 1; d >= 0; d--) {
            extents[d] = reader.longInteger("an extent of " + what);
        }
        int number = reader.integer("the type of " + what);
        long offset = reader.longInteger("the offset of " + what);
        if (Arrays.stream(extents).anyMatch(extent -> extent < 0 || extent > Integer.MAX_VALUE)) {
            problems.add("%s: extents %s are out of range".formatted(what, Arrays.toString(extents)));
        } else if (GgufTensorType.of(number).isEmpty()) {
            problems.add("%s: %s is not supported; there are %s"
                    .formatted(what, GgufTensorType.describe(number), Arrays.toString(GgufTensorType.values())));
        } else if (offset < 0 || offset % alignment != 0) {
            problems.add("%s: the offset %s is not a multiple of %d"
                    .formatted(what, Long.toUnsignedString(offset), alignment));
        } else {
            put(what, name, GgufTensorType.of(number).orElseThrow(), extents, offset, entries, problems);
        }
    }

    private static void put(
            String what,
            String name,
            GgufTensorType type,
            long[] extents,
            long offset,
            Map<String, Entry> entries,
            List<String> problems) {
        try {
            Shape shape =
                    Shape.of(Arrays.stream(extents).mapToInt(Math::toIntExact).toArray());
            TensorType full = new TensorType(type.dtype(), shape);
            Math.addExact(offset, full.bytes());
            if (entries.put(name, new Entry(full, offset)) != null) {
                problems.add("duplicate " + what);
            }
        } catch (ShapeException | ArithmeticException e) {
            problems.add("%s: %s".formatted(what, e.getMessage()));
        }
    }

    private static List<String> misplaced(Map<String, Entry> entries, long start, long size) {
        var problems = new ArrayList<String>();
        long end = start;
        String before = "";
        for (var entry : entries.entrySet().stream()
                .sorted(Comparator.comparingLong(e -> e.getValue().offset()))
                .toList()) {
            Entry place = entry.getValue();
            if (place.offset() < 0 || place.end() < 0 || place.end() > size) {
                problems.add("tensor '%s' lies at bytes %d to %d, but the file has %d; is it truncated?"
                        .formatted(entry.getKey(), place.offset(), place.end(), size));
            } else if (place.offset() < end && place.type().bytes() > 0) {
                problems.add("tensor '%s' overlaps '%s'".formatted(entry.getKey(), before));
            }
            before = entry.getKey();
            end = Math.max(end, place.end());
        }
        return problems;
    }

    /** Returns the file. */
    public Path file() {
        return file;
    }

    /** Returns the metadata; numbers of F32 are in their shortest text. */
    public JsonObject metadata() {
        return metadata;
    }

    /**
     * Returns {@code general.architecture}.
     *
     * @throws CheckpointException if there is none
     */
    public String architecture() {
        return metadata.optionalString(ARCHITECTURE)
                .orElseThrow(() -> new CheckpointException("%s: no metadata '%s'%s"
                        .formatted(file, ARCHITECTURE, NameSuggestions.suggestion(ARCHITECTURE, metadata.keys()))));
    }

    /** Returns the names in the order of the file's list. */
    @Override
    public Set<String> names() {
        return entries.keySet();
    }

    @Override
    public TensorType type(String name) {
        return entry(name).type();
    }

    @Override
    public MemorySegment data(String name) {
        Entry entry = entry(name);
        return all.asSlice(entry.offset(), entry.type().bytes());
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new CheckpointException(
                    file + ": " + TensorSources.unknown(name, names()).getMessage());
        }
        return entry;
    }

    /** Unmaps the file. */
    @Override
    public void close() {
        arena.close();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
