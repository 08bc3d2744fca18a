package carve.models.text;

import static carve.api.text.GenerationDefaults.Parameter.MAX_NEW_TOKENS;
import static carve.api.text.GenerationDefaults.Parameter.MIN_P;
import static carve.api.text.GenerationDefaults.Parameter.REPETITION_PENALTY;
import static carve.api.text.GenerationDefaults.Parameter.TEMPERATURE;
import static carve.api.text.GenerationDefaults.Parameter.TOP_K;
import static carve.api.text.GenerationDefaults.Parameter.TOP_P;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.text.GenerationDefaults;
import carve.api.text.GenerationDefaults.Parameter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * A {@code generation_config.json}: the tokens that end answers, those that are never chosen, and the recommended sampling
 * parameters.
 *
 * <p>As vLLM does, {@code temperature}, {@code top_k}, {@code top_p}, {@code min_p}, {@code repetition_penalty} and {@code
 * max_new_tokens} are defaults whether or not {@code do_sample} is true; where {@code do_sample} is false, the temperature is 0.
 * Every other key is known to be harmless, or is refused by name unless its value asks for nothing.
 */
public final class GenerationConfigFile {
    private static final String FILE = "generation_config.json";
    private static final String END = "eos_token_id";
    private static final String SUPPRESSED = "suppress_tokens";
    private static final Map<String, Parameter> PARAMETERS = Map.of(
            "temperature", TEMPERATURE,
            "top_k", TOP_K,
            "top_p", TOP_P,
            "min_p", MIN_P,
            "repetition_penalty", REPETITION_PENALTY,
            "max_new_tokens", MAX_NEW_TOKENS);
    private static final KeyTable KEYS = new KeyTable(usedKeys(), harmlessKeys(), neutralKeys());

    private final Path file;
    private final JsonObject json;

    private GenerationConfigFile(Path file, JsonObject json) {
        this.file = file;
        this.json = json;
    }

    /** Reads the file of a model's folder, if there is one. */
    public static GenerationConfigFile open(Path model) {
        Path file = model.resolve(FILE);
        return new GenerationConfigFile(file, Files.isRegularFile(file) ? Json.readObject(file) : JsonObject.empty());
    }

    private static Set<String> usedKeys() {
        Set<String> used = new TreeSet<>(PARAMETERS.keySet());
        used.addAll(List.of(END, SUPPRESSED, "do_sample"));
        return used;
    }

    private static Map<String, String> harmlessKeys() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.putAll(KeyTable.harmless(
                "the tokenizer and the chat template put these tokens where they belong",
                "bos_token_id",
                "pad_token_id",
                "decoder_start_token_id",
                "user_token_id",
                "assistant_token_id",
                "chat_format"));
        keys.putAll(KeyTable.harmless(
                "the length of answers is bounded by max_new_tokens and the context length",
                "max_length",
                "max_window_size"));
        keys.putAll(KeyTable.harmless(
                "says how Transformers computes, or what it returns beside the tokens",
                "_from_model_config",
                "transformers_version",
                "use_cache",
                "cache_implementation",
                "cache_config",
                "max_cache_len",
                "return_legacy_cache",
                "low_memory",
                "compile_config",
                "disable_compile",
                "continuous_batching_config",
                "prefill_chunk_size",
                "output_attentions",
                "output_hidden_states",
                "output_scores",
                "output_logits",
                "return_dict_in_generate",
                "trust_remote_code",
                "remove_invalid_values",
                "renormalize_logits",
                "is_assistant",
                "num_assistant_tokens",
                "num_assistant_tokens_schedule",
                "assistant_confidence_threshold",
                "assistant_early_exit",
                "assistant_lookbehind",
                "target_lookbehind",
                "assistant_ensemble_weight",
                "prompt_lookup_num_tokens",
                "max_matching_ngram_size"));
        keys.putAll(KeyTable.harmless(
                "of beam search and of encoders, which are not used",
                "early_stopping",
                "length_penalty",
                "encoder_no_repeat_ngram_size"));
        return keys;
    }

    private static Map<String, Predicate<JsonValue>> neutralKeys() {
        Map<String, Predicate<JsonValue>> keys = new LinkedHashMap<>();
        for (String key : List.of(
                "num_beams",
                "num_beam_groups",
                "num_return_sequences",
                "typical_p",
                "guidance_scale",
                "encoder_repetition_penalty")) {
            keys.put(key, KeyTable.number(1));
        }
        for (String key : List.of(
                "epsilon_cutoff",
                "eta_cutoff",
                "diversity_penalty",
                "no_repeat_ngram_size",
                "min_length",
                "min_new_tokens",
                "penalty_alpha")) {
            keys.put(key, KeyTable.number(0));
        }
        for (String key : List.of(
                "bad_words_ids",
                "begin_suppress_tokens",
                "sequence_bias",
                "force_words_ids",
                "constraints",
                "stop_strings")) {
            keys.put(key, KeyTable.empty());
        }
        for (String key : List.of(
                "forced_bos_token_id",
                "forced_eos_token_id",
                "exponential_decay_length_penalty",
                "watermarking_config",
                "dola_layers",
                "max_time",
                "top_h",
                "speculation_type")) {
            keys.put(key, KeyTable.onlyNull());
        }
        keys.put("token_healing", new JsonBoolean(false)::equals);
        keys.put("use_mtp", new JsonBoolean(false)::equals);
        return keys;
    }

    /**
     * Returns the tokens that end answers: those of this file, or if it has none those of the model's configuration.
     *
     * @throws carve.api.json.JsonException if they are neither an id nor a list of ids
     */
    public Set<Integer> endTokens(JsonObject config) {
        return ids(json.value(END).filter(value -> !(value instanceof JsonNull)).isPresent() ? json : config, END);
    }

    /** Returns the tokens that are never chosen. */
    public Set<Integer> suppressedTokens() {
        return ids(json, SUPPRESSED);
    }

    private static Set<Integer> ids(JsonObject file, String key) {
        List<JsonValue> values = switch (file.value(key).orElse(new JsonNull())) {
            case JsonNull _ -> List.of();
            case JsonArray array -> array.items();
            case JsonValue one -> List.of(one);
        };
        Set<Integer> ids = new TreeSet<>();
        for (JsonValue value : values) {
            OptionalLong id = value instanceof JsonNumber number ? number.whole() : OptionalLong.empty();
            if (id.isEmpty() || id.getAsLong() != (int) id.getAsLong()) {
                throw file.error(key, "expected an id or a list of ids, found " + value.describe());
            }
            // -1 is none
            if (id.getAsLong() >= 0) {
                ids.add((int) id.getAsLong());
            }
        }
        return ids;
    }

    /**
     * Returns the recommended sampling parameters.
     *
     * @throws TextException if a key would change answers and is not supported; it tells all of them
     * @throws carve.api.json.JsonException if a value is of the wrong type
     */
    public GenerationDefaults defaults() {
        List<String> problems = new ArrayList<>(KEYS.problems(json));
        Map<Parameter, Double> values = new EnumMap<>(Parameter.class);
        PARAMETERS.forEach((key, parameter) -> json.optionalReal(key).ifPresent(value -> values.put(parameter, value)));
        // -1 and 0 both mean all
        values.computeIfPresent(TOP_K, (_, k) -> Math.max(0, k));
        if (!json.optionalFlag("do_sample").orElse(true)) {
            values.put(TEMPERATURE, 0.0);
        }
        if (!problems.isEmpty()) {
            throw new TextException(
                    "%s: %s; remove these keys, or ask for generation-config = carve, which does not read the file's parameters"
                            .formatted(file, String.join("; ", problems)));
        }
        return new GenerationDefaults(values);
    }
}
