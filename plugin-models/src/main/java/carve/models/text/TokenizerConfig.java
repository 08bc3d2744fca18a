package carve.models.text;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The named tokens and the chat templates of a tokenizer: of {@code tokenizer_config.json} and {@code special_tokens_map.json} in a
 * folder, or of the metadata of a GGUF file.
 *
 * <p>Every key of the two files is used, or known to be harmless, or refused by name. A token is a string or an object with
 * {@code content}; {@code bos_token} and the like that {@code tokenizer_config.json} does not have are taken from {@code
 * special_tokens_map.json}. As in Transformers 5, a {@code tokenizer.json} says itself what is put around texts, so that {@code
 * add_bos_token}, {@code add_eos_token}, {@code add_prefix_space} and {@code legacy} are of no effect beside one.
 *
 * @param tokens the texts of named tokens, such as {@code bos_token}, which chat templates see under these names
 * @param templates the sources of chat templates by name, {@code default} if there is one only
 */
public record TokenizerConfig(Map<String, String> tokens, Map<String, String> templates) {
    /** The name of the template that is taken where no other is asked for. */
    public static final String DEFAULT_TEMPLATE = "default";

    static final String FILE = "tokenizer_config.json";
    private static final String MAP_FILE = "special_tokens_map.json";
    private static final String TEMPLATE = "chat_template";
    private static final String MORE_TOKENS = "extra_special_tokens";
    private static final String GGUF_TEMPLATE = "tokenizer.chat_template";

    /** Copies the maps. */
    public TokenizerConfig {
        tokens = Map.copyOf(tokens);
        templates = Map.copyOf(templates);
    }

    private static final KeyTable KEYS = new KeyTable(
            Set.of(
                    "bos_token",
                    "eos_token",
                    "unk_token",
                    "pad_token",
                    "sep_token",
                    "cls_token",
                    "mask_token",
                    TEMPLATE,
                    MORE_TOKENS,
                    "added_tokens_decoder",
                    "add_bos_token"),
            harmlessKeys(),
            neutralKeys());

    private static Map<String, String> harmlessKeys() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.putAll(KeyTable.harmless(
                "the tokens are in the vocabulary, where they are special",
                "additional_special_tokens",
                "init_inputs",
                "special_tokens",
                "added_tokens"));
        keys.putAll(KeyTable.harmless(
                "names the code of Transformers; the files of the tokenizer say what it does",
                "tokenizer_class",
                "tokenizer_type",
                "auto_map",
                "backend",
                "processor_class",
                "image_processor_type",
                "model_type",
                "use_fast",
                "from_slow",
                "is_local",
                "local_files_only",
                "trust_remote_code",
                "tokenizer_file",
                "vocab_file",
                "merges_file",
                "name_or_path",
                "special_tokens_map_file",
                "transformers_version",
                "_from_auto",
                "_commit_hash",
                "device_map",
                "fix_mistral_regex",
                "chat_control_tokens",
                "response_schema",
                "response_template",
                "use_default_system_prompt"));
        keys.putAll(KeyTable.harmless(
                "about batches of training in Python; nothing is padded or truncated here",
                "model_max_length",
                "max_length",
                "max_len",
                "stride",
                "truncation_side",
                "truncation_strategy",
                "truncation",
                "padding_side",
                "padding",
                "pad_to_multiple_of",
                "pad_token_type_id",
                "pad_to_max_length",
                "model_input_names",
                "return_token_type_ids",
                "verbose",
                "language",
                "task"));
        keys.putAll(KeyTable.harmless(
                "Transformers 5 does not apply it to byte-pair encodings, which these are",
                "clean_up_tokenization_spaces",
                "spaces_between_special_tokens",
                "trim_offsets",
                "errors"));
        keys.putAll(KeyTable.harmless(
                "tells apart kinds of tokens of a Transformers class, whose ids are in the vocabulary",
                "extra_ids",
                "vocab_size",
                "mask_token_sent",
                "offset",
                "image_token_id",
                "video_token_id"));
        return keys;
    }

    private static Map<String, Predicate<JsonValue>> neutralKeys() {
        Predicate<JsonValue> no = new JsonBoolean(false)::equals;
        return Map.of(
                "split_special_tokens", no,
                "do_lower_case", no,
                "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", no,
                "sp_model_kwargs", KeyTable.empty());
    }

    /**
     * Reads the files of a model's folder.
     *
     * @throws TextException if a key is not known or a value not supported; it tells all of them
     */
    static TokenizerConfig open(Path model) {
        JsonObject config = optional(model.resolve(FILE));
        JsonObject map = optional(model.resolve(MAP_FILE));
        List<String> problems = new ArrayList<>(KEYS.problems(withoutTokens(config)));
        problems.addAll(beside(model, config));
        if (!problems.isEmpty()) {
            throw new TextException("%s: %s".formatted(model.resolve(FILE), String.join("; ", problems)));
        }
        Map<String, String> tokens = new LinkedHashMap<>(tokens(map, true));
        tokens.putAll(tokens(config, false));
        return new TokenizerConfig(tokens, templates(config));
    }

    private static JsonObject optional(Path file) {
        return Files.isRegularFile(file) ? Json.readObject(file) : JsonObject.empty();
    }

    // a tokenizer.json says this itself; other files do not, and their readers have one rule
    private static List<String> beside(Path folder, JsonObject config) {
        List<String> problems = new ArrayList<>();
        if (Files.isRegularFile(folder.resolve("tokenizer.json"))) {
            return problems;
        }
        boolean pieces = Files.isRegularFile(folder.resolve("tokenizer.model"));
        require(problems, config, "add_eos_token", false);
        require(problems, config, "add_prefix_space", pieces);
        if (pieces) {
            require(problems, config, "legacy", true);
        } else {
            require(problems, config, "add_bos_token", false);
        }
        return problems;
    }

    private static void require(List<String> problems, JsonObject config, String key, boolean supported) {
        if (config.optionalFlag(key).orElse(supported) != supported) {
            problems.add("key '%s' is %s, which is supported with a tokenizer.json only".formatted(key, !supported));
        }
    }

    private static JsonObject withoutTokens(JsonObject config) {
        JsonObject rest = config;
        for (String key : config.keys()) {
            boolean token = key.endsWith("_token")
                    && token(config.value(key).orElseThrow()).isPresent();
            boolean checked = key.equals("add_eos_token") || key.equals("add_prefix_space") || key.equals("legacy");
            rest = token || checked ? rest.without(key) : rest;
        }
        return rest;
    }

    private static Optional<String> token(JsonValue value) {
        return switch (value) {
            case JsonString text -> Optional.of(text.text());
            case JsonObject object
            when object.value("content").orElse(new JsonNull()) instanceof JsonString text -> Optional.of(text.text());
            default -> Optional.empty();
        };
    }

    private static Map<String, String> tokens(JsonObject file, boolean map) {
        Map<String, String> tokens = new LinkedHashMap<>();
        for (String key : file.keys()) {
            JsonValue value = file.value(key).orElseThrow();
            if (key.equals(MORE_TOKENS) && value instanceof JsonObject more) {
                tokens.putAll(tokens(more, true));
            } else if (map || key.endsWith("_token")) {
                token(value).ifPresent(text -> tokens.put(key, text));
                requireToken(file, key, value);
            }
        }
        return tokens;
    }

    private static void requireToken(JsonObject file, String key, JsonValue value) {
        boolean flag = key.startsWith("add_") && value instanceof JsonBoolean;
        if (token(value).isEmpty()
                && !flag
                && !(value instanceof JsonNull)
                && !(value instanceof JsonArray)
                && !new JsonBoolean(false).equals(value)) {
            throw file.error(key, "expected a token, found " + value.describe());
        }
    }

    private static Map<String, String> templates(JsonObject config) {
        return switch (config.value(TEMPLATE).orElse(new JsonNull())) {
            case JsonNull _ -> Map.of();
            case JsonString source -> Map.of(DEFAULT_TEMPLATE, source.text());
            case JsonArray named -> named(config, named);
            case JsonValue other ->
                throw config.error(TEMPLATE, "expected a template, or named templates, found " + other.describe());
        };
    }

    private static Map<String, String> named(JsonObject config, JsonArray templates) {
        Map<String, String> named = new LinkedHashMap<>();
        for (JsonValue template : templates.items()) {
            if (!(template instanceof JsonObject object)) {
                throw config.error(TEMPLATE, "expected objects with name and template, found " + template.describe());
            }
            named.put(object.string("name"), object.string("template"));
        }
        return named;
    }

    /** Returns the tokens and the templates in the metadata of a GGUF file. */
    static TokenizerConfig of(JsonObject metadata) {
        Map<String, String> tokens = new LinkedHashMap<>();
        Map.of("bos_token", "bos", "eos_token", "eos", "unk_token", "unknown", "pad_token", "padding")
                .forEach((name, key) -> GgufTokenizer.token(metadata, key).ifPresent(text -> tokens.put(name, text)));
        Map<String, String> templates = new LinkedHashMap<>();
        metadata.optionalString(GGUF_TEMPLATE).ifPresent(source -> templates.put(DEFAULT_TEMPLATE, source));
        metadata.keys().stream()
                .filter(key -> key.startsWith(GGUF_TEMPLATE + "."))
                .forEach(key -> templates.put(key.substring(GGUF_TEMPLATE.length() + 1), metadata.string(key)));
        return new TokenizerConfig(tokens, templates);
    }

    /** Returns the id of a named token, if the tokenizer has it. */
    public OptionalInt id(String name, Tokenizer tokenizer) {
        return tokens.containsKey(name) ? tokenizer.id(tokens.get(name)) : OptionalInt.empty();
    }
}
