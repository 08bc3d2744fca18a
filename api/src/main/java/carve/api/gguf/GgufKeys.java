package carve.api.gguf;

import carve.api.checkpoint.CheckpointException;
import carve.api.config.NameSuggestions;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A reader of a GGUF file's metadata that refuses what nobody asked for: at the end, {@link #requireAllRead} fails by name for each
 * key that was neither read nor is known to change nothing ({@link HarmlessGgufKeys}).
 *
 * <p>Keys are those of the architecture, without its name: {@code block_count} is {@code llama.block_count} in a file of Llama. A
 * key is read by asking for it, whether or not it is there.
 *
 * {@snippet :
 * GgufKeys keys = GgufKeys.of(file);
 * int hidden = keys.integer("embedding_length");
 * double base = keys.real("rope.freq_base", 10_000);
 * keys.require("expert_count", 0);
 * keys.requireAllRead();
 * }
 */
public final class GgufKeys {
    private static final String TYPE = "general.type";
    private static final String MODEL = "model";
    private static final String QUANTISATION_VERSION = "general.quantization_version";

    private final String file;
    private final String architecture;
    private final JsonObject metadata;
    private final Set<String> read = new HashSet<>();

    private GgufKeys(String file, String architecture, JsonObject metadata) {
        this.file = file;
        this.architecture = architecture;
        this.metadata = metadata;
    }

    /**
     * Returns a reader of a file's metadata of which nothing was read.
     *
     * @throws CheckpointException if there is no architecture, or the file is no model
     */
    public static GgufKeys of(GgufFile file) {
        GgufKeys keys = new GgufKeys(file.toString(), file.architecture(), file.metadata());
        keys.check(TYPE, MODEL, ", since adapters, vocabularies and projectors are no models");
        keys.check(QUANTISATION_VERSION, "2", ", since blocks of other versions have other layouts");
        return keys;
    }

    /**
     * Returns a reader of metadata that are not in a file yet.
     *
     * @param label what messages call them
     * @throws JsonException if there is no architecture
     */
    public static GgufKeys of(String label, JsonObject metadata) {
        return new GgufKeys(label, metadata.string(GgufFile.ARCHITECTURE), metadata);
    }

    private void check(String key, String only, String reason) {
        metadata.value(key).filter(value -> !plain(value).equals(only)).ifPresent(value -> {
            throw new CheckpointException("%s: %s is %s, which is not supported; it must be %s%s"
                    .formatted(file, key, plain(value), only, reason));
        });
    }

    private static String plain(JsonValue value) {
        return value instanceof JsonString(String text) ? text : value.describe();
    }

    /** Returns the name of the architecture. */
    public String architecture() {
        return architecture;
    }

    private String full(String key) {
        String full = architecture + "." + key;
        read.add(full);
        return full;
    }

    /** Returns whether a key is there. */
    public boolean has(String key) {
        return metadata.has(full(key));
    }

    /**
     * Returns the whole number of a key.
     *
     * @throws JsonException if it is missing or something else
     */
    public int integer(String key) {
        return metadata.integer(full(key));
    }

    /** Returns the whole number of a key, or another one where there is no such key. */
    public int integer(String key, int otherwise) {
        return optionalInteger(key).orElse(otherwise);
    }

    /** Returns the whole number of a key, if there is one. */
    public Optional<Integer> optionalInteger(String key) {
        return metadata.optionalInteger(full(key));
    }

    /**
     * Returns the whole number of a key for each layer: files have an array, or one number for all.
     *
     * @throws JsonException if it is missing, something else, or has another length
     */
    public List<Integer> integers(String key, int layers) {
        String full = full(key);
        if (!(metadata.value(full).orElse(new JsonNull()) instanceof JsonArray(List<JsonValue> items))) {
            return Collections.nCopies(layers, metadata.integer(full));
        }
        if (items.size() != layers) {
            throw metadata.error(full, "has %d numbers for %d layers".formatted(items.size(), layers));
        }
        return items.stream().map(item -> whole(full, item)).toList();
    }

    private int whole(String full, JsonValue item) {
        if (item instanceof JsonNumber number
                && number.whole().isPresent()
                && number.whole().getAsLong() == (int) number.whole().getAsLong()) {
            return (int) number.whole().getAsLong();
        }
        throw metadata.error(full, "expected whole numbers, found " + item.describe());
    }

    /**
     * Returns the number of a key.
     *
     * @throws JsonException if it is missing or something else
     */
    public double real(String key) {
        return metadata.real(full(key));
    }

    /** Returns the number of a key, or another one where there is no such key. */
    public double real(String key, double otherwise) {
        return optionalReal(key).orElse(otherwise);
    }

    /** Returns the number of a key, if there is one. */
    public Optional<Double> optionalReal(String key) {
        return metadata.optionalReal(full(key));
    }

    /** Returns the boolean of a key, or another one where there is no such key. */
    public boolean flag(String key, boolean otherwise) {
        return metadata.optionalFlag(full(key)).orElse(otherwise);
    }

    /** Returns the text of a key, or another one where there is no such key. */
    public String string(String key, String otherwise) {
        return metadata.optionalString(full(key)).orElse(otherwise);
    }

    /** Returns the value of a key, if there is one. */
    public Optional<JsonValue> value(String key) {
        return metadata.value(full(key));
    }

    /** Returns the array of a key, if there is one. */
    public Optional<JsonArray> optionalArray(String key) {
        return metadata.optionalArray(full(key));
    }

    /** Notes that keys change nothing here, whatever they say. */
    public void ignore(String... keys) {
        List.of(keys).forEach(this::full);
    }

    /**
     * Requires that a key is absent or has this value.
     *
     * @throws CheckpointException if it has another one
     */
    public void require(String key, String only) {
        check(full(key), only, "");
    }

    /**
     * Requires that a key is absent or has this value.
     *
     * @throws CheckpointException if it has another one
     */
    public void require(String key, boolean only) {
        check(full(key), Boolean.toString(only), "");
    }

    /**
     * Requires that a key is absent or has this value, as a whole number or not.
     *
     * @throws CheckpointException if it has another one
     */
    public void require(String key, double only) {
        String full = full(key);
        String text = only == (long) only ? Long.toString((long) only) : Double.toString(only);
        if (!(metadata.value(full).orElse(JsonNumber.of(only)) instanceof JsonNumber number) || number.real() != only) {
            check(full, text, "");
        }
    }

    /** Returns the exception that says this of a key. */
    public CheckpointException error(String key, String problem) {
        return new CheckpointException("%s: %s.%s: %s".formatted(file, architecture, key, problem));
    }

    /**
     * Fails if there is a key that was not read and is not known to change nothing; it names all of them.
     *
     * @throws CheckpointException if there are such keys
     */
    public void requireAllRead() {
        List<String> unread = new ArrayList<>();
        for (String key : metadata.keys()) {
            if (!read.contains(key)
                    && HarmlessGgufKeys.reason(architecture, key).isEmpty()) {
                unread.add(
                        "metadata '%s' is not supported for the architecture '%s', and may change what the model computes"
                                .formatted(key, architecture));
            }
        }
        if (!unread.isEmpty()) {
            unread.sort(NameSuggestions.naturalOrder());
            throw CheckpointException.of(file, unread);
        }
    }

    @Override
    public String toString() {
        return file;
    }
}
