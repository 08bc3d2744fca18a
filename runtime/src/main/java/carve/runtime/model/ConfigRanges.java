package carve.runtime.model;

import carve.api.checkpoint.CheckpointException;
import carve.api.config.NameSuggestions;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The ranges of numbers in {@code config.json}, checked before a family makes layers and sizes of them.
 *
 * <p>A key means the same in every family and in every part of a configuration, so that one table serves all of them. A
 * range is far beyond what models have; it keeps a number from filling the memory, from dividing by zero, and from making
 * every result NaN.
 */
final class ConfigRanges {
    private static final Map<String, Range> RANGES = ranges();

    /** Numbers from min to max; whole ones only where it says so. */
    private record Range(double min, double max, boolean whole) {
        boolean contains(JsonNumber number) {
            boolean fits = !whole || number.whole().isPresent();
            return fits && number.real() >= min && number.real() <= max;
        }

        @Override
        public String toString() {
            return whole
                    ? "a whole number from %.0f to %.0f".formatted(min, max)
                    : "a number from %s to %s".formatted(min, max);
        }
    }

    private ConfigRanges() {}

    /**
     * Checks a configuration and all objects in it.
     *
     * @param origin what messages call its file
     * @throws CheckpointException if a number is out of its range, or any number is NaN; it tells all of them
     */
    static void check(Path origin, JsonObject config) {
        List<String> problems = new ArrayList<>();
        check("", config, problems);
        if (!problems.isEmpty()) {
            problems.sort(NameSuggestions.naturalOrder());
            throw CheckpointException.of(origin.toString(), problems);
        }
    }

    private static void check(String path, JsonValue value, List<String> problems) {
        switch (value) {
            case JsonObject object ->
                object.members().forEach((key, member) -> {
                    String inner = path.isEmpty() ? key : path + "." + key;
                    range(key, inner, member, problems);
                    check(inner, member, problems);
                });
            case JsonArray(List<JsonValue> items) -> items.forEach(item -> check(path, item, problems));
            case JsonNumber number -> {
                if (Double.isNaN(number.real())) {
                    problems.add("key '%s' is NaN".formatted(path));
                }
            }
            default -> {
                // only numbers have ranges
            }
        }
    }

    private static void range(String key, String path, JsonValue value, List<String> problems) {
        Range range = RANGES.get(key);
        if (range != null
                && value instanceof JsonNumber number
                && !Double.isNaN(number.real())
                && !range.contains(number)) {
            problems.add("key '%s' must be %s, is %s".formatted(path, range, number.text()));
        }
    }

    private static Map<String, Range> ranges() {
        Map<String, Range> ranges = new HashMap<>();
        whole(ranges, 1, 10_000, "num_hidden_layers", "num_layers", "n_layer");
        whole(ranges, 1, 1 << 20, "hidden_size", "d_model", "vision_hidden_size", "d_inner", "d_xb");
        whole(ranges, 1, 1 << 16, "num_attention_heads", "num_key_value_heads", "num_heads", "n_groups", "ngroups");
        whole(ranges, 1, 1 << 16, "head_dim", "headdim", "state_size", "d_state");
        whole(ranges, 1, 1 << 10, "conv_kernel", "d_conv", "max_dynamic_patch", "min_dynamic_patch");
        whole(ranges, 1, 1 << 24, "intermediate_size");
        whole(ranges, 0, 1 << 24, "d_intermediate", "num_nextn_predict_layers");
        whole(ranges, 1, 1 << 26, "vocab_size", "llm_vocab_size");
        whole(ranges, 1, 1 << 16, "pad_vocab_size_multiple");
        whole(ranges, 1, Integer.MAX_VALUE, "max_position_embeddings", "original_max_position_embeddings");
        whole(ranges, 1, 1 << 14, "image_size", "patch_size");
        whole(ranges, 0, 1 << 26, "img_context_token_id");
        whole(ranges, -10_000, 10_000, "vision_feature_layer");
        whole(ranges, -(1 << 26), 1 << 26, "image_token_index");
        real(ranges, 0, 1, "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "norm_eps");
        real(ranges, 1e-3, 1e15, "rope_theta");
        real(ranges, 1e-3, 1e6, "factor", "low_freq_factor", "high_freq_factor", "beta_fast", "beta_slow");
        real(ranges, 1e-3, 1e3, "attention_factor");
        real(ranges, 0, 1e3, "mscale", "mscale_all_dim");
        real(ranges, 1e-3, 1, "partial_rotary_factor", "downsample_ratio");
        real(ranges, 1e-3, 1e3, "expand");
        return Map.copyOf(ranges);
    }

    private static void whole(Map<String, Range> ranges, double min, double max, String... keys) {
        for (String key : keys) {
            ranges.put(key, new Range(min, max, true));
        }
    }

    private static void real(Map<String, Range> ranges, double min, double max, String... keys) {
        for (String key : keys) {
            ranges.put(key, new Range(min, max, false));
        }
    }
}
