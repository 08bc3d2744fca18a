package carve.runtime.safetensors;

import carve.api.checkpoint.CheckpointException;
import carve.api.config.NameSuggestions;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: its tensors and their offsets.
 *
 * @param metadata the texts under {@code __metadata__}
 * @param entries the tensors in the order of their values
 */
record SafeTensorsHeader(Map<String, String> metadata, Map<String, Entry> entries) {
    static final String METADATA = "__metadata__";
    static final long MAX_BYTES = 100_000_000;
    // a tensor takes about ten
    private static final long MAX_VALUES = 3_000_000;
    private static final int ALIGNMENT = 8;
    private static final int BLOCK_ALIGNMENT = 64;

    /** A tensor; its values begin this many bytes after the header. */
    record Entry(TensorType type, long offset) {
        long end() {
            return offset + type.bytes();
        }
    }

    SafeTensorsHeader {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    /** Returns the header of tensors whose values follow each other in the order of the map. */
    static SafeTensorsHeader of(Map<String, TensorType> types, Map<String, String> metadata) {
        var entries = new LinkedHashMap<String, Entry>();
        long offset = 0;
        for (var tensor : types.entrySet()) {
            if (tensor.getKey().equals(METADATA)) {
                throw new CheckpointException("a tensor cannot be called " + METADATA);
            }
            Entry entry = new Entry(tensor.getValue(), offset);
            entries.put(tensor.getKey(), entry);
            offset = entry.end();
        }
        return new SafeTensorsHeader(metadata, entries);
    }

    /** Returns the total size of the values in bytes. */
    long dataBytes() {
        return entries.values().stream().mapToLong(Entry::end).max().orElse(0);
    }

    /**
     * Returns length and text, padded with spaces so that the values begin at a multiple of 8, as the official writer does; where
     * there are quantised ones, at that of a cache line.
     */
    byte[] print() {
        byte[] text = Json.compact(json()).getBytes(StandardCharsets.UTF_8);
        int alignment = quantised().isEmpty() ? ALIGNMENT : BLOCK_ALIGNMENT;
        int length = (8 + text.length + alignment - 1) / alignment * alignment - 8;
        byte[] result = new byte[8 + length];
        Arrays.fill(result, (byte) ' ');
        for (int i = 0; i < 8; i++) {
            result[i] = (byte) ((long) length >>> 8 * i);
        }
        System.arraycopy(text, 0, result, 8, text.length);
        return result;
    }

    private JsonObject json() {
        var members = new LinkedHashMap<String, JsonValue>();
        var texts = new LinkedHashMap<String, JsonValue>();
        metadata.forEach((key, text) -> texts.put(key, new JsonString(text)));
        if (!quantised().isEmpty()) {
            texts.put(QuantisationMetadata.KEY, new JsonString(QuantisationMetadata.print(quantised())));
        }
        if (!texts.isEmpty()) {
            members.put(METADATA, JsonObject.of(texts));
        }
        entries.forEach((name, entry) -> members.put(name, json(entry)));
        return JsonObject.of(members);
    }

    /** Returns the storage types of the tensors that are quantised. */
    private Map<String, DType> quantised() {
        var types = new LinkedHashMap<String, DType>();
        entries.forEach((name, entry) -> types.put(name, entry.type().dtype()));
        types.values().removeIf(dtype -> !dtype.isQuantised());
        return types;
    }

    private static JsonObject json(Entry entry) {
        TensorType type =
                entry.type().dtype().isQuantised() ? entry.type().asBytes().with(DType.U8) : entry.type();
        var extents = Arrays.stream(type.shape().extents())
                .mapToObj(e -> (JsonValue) JsonNumber.of(e))
                .toList();
        return JsonObject.empty()
                .with("dtype", type.dtype().name())
                .with("shape", new JsonArray(extents))
                .with("data_offsets", JsonArray.of(JsonNumber.of(entry.offset()), JsonNumber.of(entry.end())));
    }

    /**
     * Parses and checks a header.
     *
     * @param text the header in UTF-8, without its length
     * @param dataBytes how many bytes follow it
     * @param file what messages call the file
     * @throws CheckpointException if something is wrong; it tells all that is
     */
    static SafeTensorsHeader parse(byte[] text, long dataBytes, String file) {
        return new Parser(dataBytes, file).parse(text);
    }

    private static final class Parser {
        private final long dataBytes;
        private final String file;
        private final List<String> problems = new ArrayList<>();
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final Map<String, Entry> entries = new LinkedHashMap<>();

        Parser(long dataBytes, String file) {
            this.dataBytes = dataBytes;
            this.file = file;
        }

        SafeTensorsHeader parse(byte[] text) {
            json(text).members().forEach((name, value) -> {
                if (name.equals(METADATA)) {
                    metadata(value);
                } else {
                    entry(name, value);
                }
            });
            QuantisationMetadata.restore(metadata, entries, problems);
            refuse();
            var sorted = new ArrayList<>(entries.entrySet());
            sorted.sort(Comparator.comparingLong(
                            (Map.Entry<String, Entry> e) -> e.getValue().offset())
                    .thenComparingLong(e -> e.getValue().end()));
            layout(sorted);
            refuse();
            var ordered = new LinkedHashMap<String, Entry>();
            sorted.forEach(e -> ordered.put(e.getKey(), e.getValue()));
            return new SafeTensorsHeader(metadata, ordered);
        }

        private JsonObject json(byte[] text) {
            try {
                JsonValue value = Json.parse(text, "header", MAX_VALUES);
                if (value instanceof JsonObject object) {
                    return object;
                }
                throw new JsonException("header: expected an object, found " + value.describe());
            } catch (JsonException e) {
                throw new CheckpointException(file + ": " + e.getMessage(), e);
            }
        }

        private void refuse() {
            if (!problems.isEmpty()) {
                problems.sort(NameSuggestions.naturalOrder());
                throw CheckpointException.of(file, problems);
            }
        }

        private void metadata(JsonValue value) {
            if (value instanceof JsonNull) {
                return;
            }
            if (!(value instanceof JsonObject object)) {
                problems.add(METADATA + ": expected an object of strings or null, found " + value.describe());
                return;
            }
            object.members().forEach((key, text) -> {
                if (text instanceof JsonString string) {
                    metadata.put(key, string.text());
                } else {
                    problems.add("%s: '%s': expected a string, found %s".formatted(METADATA, key, text.describe()));
                }
            });
        }

        private void entry(String name, JsonValue value) {
            try {
                if (!(value instanceof JsonObject object)) {
                    throw new JsonException(
                            "expected an object with dtype, shape and data_offsets, found " + value.describe());
                }
                entries.put(name, entry(object));
            } catch (JsonException e) {
                problems.add("tensor '%s': %s".formatted(name, e.getMessage()));
            }
        }

        private static Entry entry(JsonObject object) {
            DType dtype = dtype(object);
            Shape shape = shape(object);
            List<Long> offsets = naturals(object, "data_offsets");
            if (offsets.size() != 2) {
                throw new JsonException("data_offsets: expected begin and end, found " + offsets);
            }
            if (offsets.get(0) > offsets.get(1)) {
                throw new JsonException("data_offsets: the end comes before the begin, " + offsets);
            }
            long held = offsets.get(1) - offsets.get(0);
            long bytes = bytes(dtype, shape);
            if (held != bytes) {
                throw new JsonException(
                        "%s %s takes %d bytes, data_offsets %s hold %d".formatted(dtype, shape, bytes, offsets, held));
            }
            return new Entry(new TensorType(dtype, shape), offsets.get(0));
        }

        private static DType dtype(JsonObject object) {
            if (!(value(object, "dtype") instanceof JsonString(String name))) {
                throw new JsonException("dtype: expected a string, found "
                        + value(object, "dtype").describe());
            }
            List<DType> known = Arrays.stream(DType.values())
                    .filter(dtype -> !dtype.isQuantised())
                    .toList();
            return known.stream()
                    .filter(dtype -> dtype.name().equals(name))
                    .findAny()
                    .orElseThrow(() -> new JsonException(NameSuggestions.unknown(
                            "dtype", name, known.stream().map(DType::name).toList())));
        }

        private static Shape shape(JsonObject object) {
            List<Long> extents = naturals(object, "shape");
            for (int axis = 0; axis < extents.size(); axis++) {
                if (extents.get(axis) > Integer.MAX_VALUE) {
                    throw new JsonException("shape: extent %d of axis %d is more than the limit of %d"
                            .formatted(extents.get(axis), axis, Integer.MAX_VALUE));
                }
            }
            return Shape.of(extents.stream().mapToInt(Long::intValue).toArray());
        }

        private static List<Long> naturals(JsonObject object, String key) {
            if (!(value(object, key) instanceof JsonArray(List<JsonValue> items))) {
                throw new JsonException("%s: expected an array, found %s"
                        .formatted(key, value(object, key).describe()));
            }
            return items.stream().map(item -> natural(item, key)).toList();
        }

        private static long natural(JsonValue value, String key) {
            if (value instanceof JsonNumber number
                    && number.whole().isPresent()
                    && number.whole().getAsLong() >= 0
                    && number.text().chars().allMatch(c -> c >= '0' && c <= '9')) {
                return number.whole().getAsLong();
            }
            throw new JsonException("%s: expected whole numbers from 0 to %d, found %s"
                    .formatted(key, Long.MAX_VALUE, value.describe()));
        }

        private static JsonValue value(JsonObject object, String key) {
            return object.value(key).orElseThrow(() -> new JsonException("expected " + key + ", found none"));
        }

        private static long bytes(DType dtype, Shape shape) {
            try {
                return dtype.bytes(shape.size());
            } catch (ArithmeticException e) {
                throw new JsonException("%s %s takes more than %d bytes".formatted(dtype, shape, Long.MAX_VALUE));
            }
        }

        private void layout(List<Map.Entry<String, Entry>> sorted) {
            long end = 0;
            String before = "";
            for (var tensor : sorted) {
                Entry entry = tensor.getValue();
                if (entry.end() > dataBytes) {
                    long needed = sorted.stream()
                            .mapToLong(t -> t.getValue().end())
                            .max()
                            .orElse(0);
                    problems.add(
                            ("the header wants %d bytes of values and %d follow it; tensor '%s' is the first one cut off, "
                                            + "is the file truncated?")
                                    .formatted(needed, dataBytes, tensor.getKey()));
                    return;
                }
                if (entry.offset() < end) {
                    problems.add("tensors '%s' and '%s' overlap: one ends at %d, the other begins at %d"
                            .formatted(before, tensor.getKey(), end, entry.offset()));
                } else {
                    hole(end, entry.offset());
                }
                if (entry.end() >= end) {
                    end = entry.end();
                    before = tensor.getKey();
                }
            }
            hole(end, dataBytes);
        }

        private void hole(long from, long to) {
            if (from < to) {
                problems.add("bytes %d to %d of the values belong to no tensor".formatted(from, to));
            }
        }
    }
}
