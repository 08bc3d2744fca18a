package carve.runtime.safetensors;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The metadata of a safetensors file that list its quantised tensors; see {@link SafeTensorsFile}. */
final class QuantisationMetadata {
    static final String KEY = "carve.quantization";

    private QuantisationMetadata() {}

    /** Returns the text for tensors of these quantised types. */
    static String print(Map<String, DType> types) {
        var names = new LinkedHashMap<String, List<JsonValue>>();
        types.forEach((name, dtype) ->
                names.computeIfAbsent(dtype.name(), _ -> new ArrayList<>()).add(new JsonString(name)));
        var members = new LinkedHashMap<String, JsonValue>();
        names.forEach((dtype, tensors) -> members.put(dtype, new JsonArray(tensors)));
        return Json.compact(JsonObject.of(members));
    }

    /** Gives the entries that the metadata names their quantised types, and takes the text out of the metadata. */
    static void restore(
            Map<String, String> metadata, Map<String, SafeTensorsHeader.Entry> entries, List<String> problems) {
        String text = metadata.remove(KEY);
        if (text == null) {
            return;
        }
        try {
            parse(text).members().forEach((type, names) -> restore(type, names, entries, problems));
        } catch (JsonException e) {
            problems.add("%s: '%s': %s".formatted(SafeTensorsHeader.METADATA, KEY, e.getMessage()));
        }
    }

    private static JsonObject parse(String text) {
        JsonValue value = Json.parse(text, "text");
        if (value instanceof JsonObject object) {
            return object;
        }
        throw new JsonException("expected an object, found " + value.describe());
    }

    private static void restore(
            String type, JsonValue names, Map<String, SafeTensorsHeader.Entry> entries, List<String> problems) {
        DType dtype = dtype(type);
        if (!(names instanceof JsonArray(List<JsonValue> items))) {
            throw new JsonException("%s: expected an array of names, found %s".formatted(type, names.describe()));
        }
        for (JsonValue item : items) {
            if (!(item instanceof JsonString(String name))) {
                throw new JsonException("%s: expected names, found %s".formatted(type, item.describe()));
            }
            if (!entries.containsKey(name)) {
                throw new JsonException("%s: there is no tensor '%s'".formatted(type, name));
            }
            entries.computeIfPresent(name, (_, entry) -> blocks(name, entry, dtype, problems));
        }
    }

    private static DType dtype(String name) {
        List<DType> known =
                Arrays.stream(DType.values()).filter(DType::isQuantised).toList();
        return known.stream()
                .filter(dtype -> dtype.name().equals(name))
                .findAny()
                .orElseThrow(() -> new JsonException("no quantised type '%s'; there are %s"
                        .formatted(
                                name,
                                String.join(
                                        ", ", known.stream().map(DType::name).toList()))));
    }

    private static SafeTensorsHeader.Entry blocks(
            String name, SafeTensorsHeader.Entry entry, DType dtype, List<String> problems) {
        Shape bytes = entry.type().shape();
        boolean whole =
                entry.type().dtype() == DType.U8 && bytes.rank() > 0 && bytes.extent(-1) % dtype.blockBytes() == 0;
        if (!whole) {
            problems.add(
                    "tensor '%s': %s cannot be blocks of %s; U8 with a last extent that is a multiple of %d expected"
                            .formatted(name, entry.type(), dtype, dtype.blockBytes()));
            return entry;
        }
        try {
            int elements = Math.toIntExact(dtype.elements(bytes.extent(-1)));
            return new SafeTensorsHeader.Entry(new TensorType(dtype, bytes.with(-1, elements)), entry.offset());
        } catch (ArithmeticException | ShapeException e) {
            problems.add("tensor '%s': %s".formatted(name, e.getMessage()));
            return entry;
        }
    }
}
