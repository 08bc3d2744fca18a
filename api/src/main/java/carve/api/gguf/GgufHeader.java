package carve.api.gguf;

import carve.api.checkpoint.CheckpointException;
import carve.api.json.JsonObject;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The beginning of a GGUF file: metadata, and the place of each tensor.
 *
 * @param metadata the metadata
 * @param entries the tensors in the order of the file's list
 */
record GgufHeader(JsonObject metadata, Map<String, Entry> entries) {
    private static final int MAX_DIMENSIONS = 4;
    // a name's length, the number of extents, one extent, a type, an offset
    private static final long LEAST_BYTES = 8 + 4 + 8 + 4 + 8;

    /** A tensor: its type in the file and after it was read, and its first byte. */
    record Entry(GgufTensorType stored, TensorType type, long offset) {
        long bytes() {
            return stored.bytes(type.shape());
        }

        long end() {
            return offset + bytes();
        }
    }

    GgufHeader {
        entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    /**
     * Reads and checks the header of a file.
     *
     * @param origin what messages call the file
     * @throws CheckpointException if something is wrong; it tells all that is
     */
    static GgufHeader read(String origin, MemorySegment file) {
        return new Reader(origin, file).read();
    }

    private static final class Reader {
        private final String origin;
        private final MemorySegment file;
        private final GgufParser parser;
        private final List<String> problems = new ArrayList<>();
        private final Map<String, Entry> entries = new LinkedHashMap<>();

        Reader(String origin, MemorySegment file) {
            this.origin = origin;
            this.file = file;
            this.parser = new GgufParser(origin, file);
        }

        GgufHeader read() {
            version();
            int tensors = parser.count("the number of tensors", LEAST_BYTES);
            JsonObject metadata =
                    parser.metadata(parser.count("the number of metadata", Long.BYTES + Integer.BYTES + 1));
            long alignment = alignment(metadata);
            for (int i = 0; i < tensors; i++) {
                entry(i, alignment);
            }
            long start = (parser.position() + alignment - 1) / alignment * alignment;
            entries.replaceAll((_, entry) -> new Entry(entry.stored(), entry.type(), start + entry.offset()));
            if (problems.isEmpty()) {
                misplaced(start);
            }
            if (!problems.isEmpty()) {
                throw CheckpointException.of(origin, problems);
            }
            return new GgufHeader(metadata, entries);
        }

        private void version() {
            int magic = file.byteSize() < Integer.BYTES ? 0 : parser.integer("the magic number");
            if (magic != GgufFile.MAGIC) {
                throw parser.error("the file does not begin with GGUF; is this a GGUF file?");
            }
            int version = parser.integer("the version");
            if (version != 2 && version != GgufFile.VERSION) {
                throw parser.error("version %s is not supported; there are 2 and %d"
                        .formatted(Integer.toUnsignedString(version), GgufFile.VERSION));
            }
        }

        private long alignment(JsonObject metadata) {
            long alignment = GgufSplit.number(metadata, GgufFile.ALIGNMENT_KEY, GgufFile.ALIGNMENT);
            if (alignment < 1 || alignment > 1 << 20 || Long.bitCount(alignment) != 1) {
                throw parser.error("'%s' must be a power of two up to 1048576, is %s"
                        .formatted(
                                GgufFile.ALIGNMENT_KEY,
                                metadata.value(GgufFile.ALIGNMENT_KEY)
                                        .orElseThrow()
                                        .describe()));
            }
            return alignment;
        }

        private void entry(int index, long alignment) {
            String name = parser.text("the name of tensor " + index);
            String what = "tensor '%s'".formatted(name);
            int dimensions = parser.integer("the number of extents of " + what);
            if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
                throw parser.error("%s has %s extents, at most %d are possible"
                        .formatted(what, Integer.toUnsignedString(dimensions), MAX_DIMENSIONS));
            }
            long[] extents = new long[dimensions];
            for (int d = dimensions - 1; d >= 0; d--) {
                extents[d] = parser.longInteger("an extent of " + what);
            }
            int number = parser.integer("the type of " + what);
            long offset = parser.longInteger("the offset of " + what);
            if (Arrays.stream(extents).anyMatch(extent -> extent < 0 || extent > Integer.MAX_VALUE)) {
                problems.add("%s: extents %s are out of range".formatted(what, Arrays.toString(extents)));
            } else if (GgufTensorType.of(number).isEmpty()) {
                problems.add("%s: %s".formatted(what, GgufTensorType.refusal(number)));
            } else if (offset < 0 || offset % alignment != 0) {
                problems.add("%s: the offset %s is not a multiple of %d"
                        .formatted(what, Long.toUnsignedString(offset), alignment));
            } else {
                put(what, name, GgufTensorType.of(number).orElseThrow(), extents, offset);
            }
        }

        private void put(String what, String name, GgufTensorType stored, long[] extents, long offset) {
            try {
                Shape shape = Shape.of(
                        Arrays.stream(extents).mapToInt(Math::toIntExact).toArray());
                Math.addExact(offset, stored.bytes(shape));
                Entry entry = new Entry(stored, new TensorType(stored.dtype(), shape), offset);
                if (entries.put(name, entry) != null) {
                    problems.add("duplicate " + what);
                }
            } catch (ShapeException | ArithmeticException e) {
                problems.add("%s: %s".formatted(what, e.getMessage()));
            }
        }

        private void misplaced(long start) {
            long end = start;
            String before = "";
            for (var entry : entries.entrySet().stream()
                    .sorted(Comparator.comparingLong(e -> e.getValue().offset()))
                    .toList()) {
                Entry place = entry.getValue();
                if (place.offset() < 0 || place.end() < 0 || place.end() > file.byteSize()) {
                    problems.add("tensor '%s' lies at bytes %d to %d, but the file has %d; is it truncated?"
                            .formatted(entry.getKey(), place.offset(), place.end(), file.byteSize()));
                } else if (place.offset() < end && place.bytes() > 0) {
                    problems.add("tensor '%s' overlaps '%s'".formatted(entry.getKey(), before));
                }
                before = entry.getKey();
                end = Math.max(end, place.end());
            }
        }
    }
}
