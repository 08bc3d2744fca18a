package carve.api.gguf;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The metadata of GGUF files that never change what a model computes, each with the reason. Names that end in a dot stand for all
 * keys below; keys of an architecture begin with {@code ARCHITECTURE.}.
 */
public final class HarmlessGgufKeys {
    /** The beginning of keys of an architecture, whichever it is. */
    public static final String ARCHITECTURE = "ARCHITECTURE.";

    private static final String DESCRIPTION = "describes the model, its origin and its file";
    private static final String TOKENIZER = "is read with the tokenizer, the chat template and for generation";
    private static final String QUANTISATION = "tells how values were quantised; each tensor tells its own type";
    private static final String TOOLS = "is a note of the program that made the file";
    private static final String DERIVED = "repeats what the extents of tensors say";
    private static final String TRAINING = "tells of training";

    private static final Map<String, String> REASONS = table();

    private HarmlessGgufKeys() {}

    private static Map<String, String> table() {
        Map<String, String> keys = new LinkedHashMap<>();
        put(keys, DESCRIPTION, "general.", ARCHITECTURE + "name");
        put(keys, TOKENIZER, "tokenizer.");
        put(keys, QUANTISATION, "quantize.", "imatrix.");
        put(keys, "was checked when the files were opened", "split.");
        put(keys, TOOLS, "mradermacher.", "unsloth.", "gguf.");
        put(keys, DERIVED, ARCHITECTURE + "vocab_size");
        put(keys, TRAINING, ARCHITECTURE + "rope.scaling.finetuned");
        return Collections.unmodifiableMap(keys);
    }

    private static void put(Map<String, String> keys, String reason, String... names) {
        for (String name : names) {
            keys.put(name, reason);
        }
    }

    /** Returns why a key changes nothing, if it does not. */
    public static Optional<String> reason(String architecture, String key) {
        String own = key.startsWith(architecture + ".") ? ARCHITECTURE + key.substring(architecture.length() + 1) : key;
        return REASONS.entrySet().stream()
                .filter(entry ->
                        entry.getKey().endsWith(".") ? own.startsWith(entry.getKey()) : own.equals(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** Returns the keys with their reasons. */
    public static Map<String, String> reasons() {
        return REASONS;
    }
}
