package carve.runtime.model;

import carve.api.gguf.GgufFile;
import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.runtime.quantised.QuantisedFolder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A description in words of a model's configuration, also of one that no installed family can run. It reads the keys that most
 * configurations share, {@code config.json} of the Transformers library and metadata of GGUF alike, and judges nothing.
 */
public final class ArchitectureSummary {
    private static final List<String> TEXT_PARTS = List.of("text_config", "llm_config", "language_config");
    private static final String PART = "_config";

    private final JsonObject config;

    private ArchitectureSummary(JsonObject config) {
        this.config = config;
    }

    /** Returns the lines of a {@code config.json}, text by label. */
    public static Map<String, String> of(JsonObject config) {
        JsonObject text = TEXT_PARTS.stream()
                .filter(part ->
                        config.value(part).filter(JsonObject.class::isInstance).isPresent())
                .findFirst()
                .map(config::object)
                .orElse(config);
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("model", kind(config) + parts(config));
        lines.putAll(new ArchitectureSummary(text).lines());
        if (QuantisedFolder.isQuantised(config)) {
            lines.put(
                    "quantised",
                    quantisation(config.value(QuantisedFolder.CONFIG_KEY).orElseThrow()));
        }
        return lines;
    }

    /** Returns the lines of a GGUF file's metadata, text by label. */
    public static Map<String, String> of(GgufFile file) {
        String architecture =
                file.metadata().optionalString(GgufFile.ARCHITECTURE).orElse("not given");
        Map<String, JsonValue> own = new LinkedHashMap<>();
        file.metadata().members().forEach((key, value) -> {
            if (key.startsWith(architecture + ".")) {
                own.put(key.substring(architecture.length() + 1), value);
            }
        });
        Map<String, String> lines = new LinkedHashMap<>();
        String name = file.metadata()
                .optionalString("general.name")
                .map(" (%s)"::formatted)
                .orElse("");
        lines.put("model", architecture + name);
        lines.putAll(new ArchitectureSummary(JsonObject.of(own)).lines());
        return lines;
    }

    private static String kind(JsonObject config) {
        String type = text(config, "model_type").orElse("no model_type");
        return text(config, "architectures")
                .map(classes -> "%s (%s)".formatted(type, classes))
                .orElse(type);
    }

    private static String parts(JsonObject config) {
        return config.members().entrySet().stream()
                .filter(entry ->
                        entry.getKey().endsWith(PART) && !entry.getKey().equals(QuantisedFolder.CONFIG_KEY))
                .filter(entry -> entry.getValue() instanceof JsonObject)
                .map(entry -> ", %s %s"
                        .formatted(
                                entry.getKey().replace(PART, ""),
                                text((JsonObject) entry.getValue(), "model_type")
                                        .orElse("part")))
                .collect(Collectors.joining());
    }

    private static String quantisation(JsonValue value) {
        if (!(value instanceof JsonObject keys)) {
            return value.describe();
        }
        String bits = text(keys, "bits").map(", %s bits"::formatted).orElse("");
        return text(keys, "quant_method").orElse("no quant_method") + bits;
    }

    private Map<String, String> lines() {
        Map<String, String> lines = new LinkedHashMap<>();
        put(lines, "size", size());
        put(lines, "attention", attention());
        put(lines, "positions", positions());
        put(lines, "mlp", feedForward());
        put(lines, "experts", experts());
        put(lines, "state space", stateSpace());
        return lines;
    }

    private static void put(Map<String, String> lines, String label, List<String> facts) {
        if (!facts.isEmpty()) {
            lines.put(label, String.join(", ", facts));
        }
    }

    private List<String> size() {
        List<String> facts = new ArrayList<>();
        add(facts, "%s layers", "num_hidden_layers", "n_layer", "num_layers", "n_layers", "block_count");
        add(facts, "width %s", "hidden_size", "n_embd", "d_model", "embedding_length");
        add(facts, "vocabulary %s", "vocab_size");
        add(facts, "context %s", "max_position_embeddings", "n_positions", "context_length");
        first("layer_types", "layers_block_type", "hybrid_override_pattern")
                .ifPresent(kinds -> facts.add(counts(kinds)));
        return facts;
    }

    private List<String> attention() {
        List<String> facts = new ArrayList<>();
        add(facts, "%s heads", "num_attention_heads", "n_head", "attention.head_count");
        add(facts, "%s of keys and values", "num_key_value_heads", "attention.head_count_kv");
        add(facts, "head width %s", "head_dim", "attention.key_length");
        add(facts, "sliding window %s", "sliding_window", "attention.sliding_window");
        add(facts, "latent keys and values of width %s", "kv_lora_rank", "attention.kv_lora_rank");
        add(facts, "soft cap %s", "attn_logit_softcapping", "attn_logit_softcapping");
        return facts;
    }

    private List<String> positions() {
        List<String> facts = new ArrayList<>();
        JsonObject rope = Optional.<JsonObject>empty()
                .or(() -> part("rope_parameters"))
                .or(() -> part("rope_scaling"))
                .orElse(JsonObject.empty());
        Optional<String> base =
                text(config, "rope_theta", "rotary_emb_base", "rope.freq_base").or(() -> text(rope, "rope_theta"));
        base.ifPresent(text -> facts.add("rotary, base " + text));
        text(rope, "rope_type", "type")
                .or(() -> text(config, "rope.scaling.type"))
                .ifPresent(type -> facts.add("scaling " + type));
        return facts;
    }

    private Optional<JsonObject> part(String key) {
        return config.value(key).filter(JsonObject.class::isInstance).map(JsonObject.class::cast);
    }

    private List<String> feedForward() {
        List<String> facts = new ArrayList<>();
        add(facts, "width %s", "intermediate_size", "n_inner", "ffn_hidden_size", "feed_forward_length");
        add(facts, "%s", "hidden_act", "hidden_activation", "activation_function");
        return facts;
    }

    private List<String> experts() {
        List<String> facts = new ArrayList<>();
        add(facts, "%s", "num_local_experts", "num_experts", "n_routed_experts", "expert_count");
        if (facts.isEmpty()) {
            return List.of();
        }
        add(facts, "%s for each token", "num_experts_per_tok", "moe_topk", "expert_used_count");
        add(facts, "%s shared", "n_shared_experts", "expert_shared_count");
        add(facts, "width %s", "moe_intermediate_size", "expert_feed_forward_length");
        return facts;
    }

    private List<String> stateSpace() {
        List<String> facts = new ArrayList<>();
        add(facts, "state %s", "ssm_state_size", "state_size", "mamba_d_state", "ssm.state_size");
        add(facts, "%s heads", "mamba_num_heads", "mamba_n_heads", "n_mamba_heads", "num_heads", "ssm.time_step_rank");
        add(facts, "%s groups", "n_groups", "mamba_n_groups", "mamba_ngroups", "ssm.group_count");
        add(facts, "convolution of %s", "conv_kernel", "mamba_d_conv", "ssm.conv_kernel");
        return facts.isEmpty() || !facts.getFirst().startsWith("state") ? List.of() : facts;
    }

    private void add(List<String> facts, String format, String... keys) {
        text(config, keys).filter(text -> !text.equals("0")).ifPresent(text -> facts.add(format.formatted(text)));
    }

    private Optional<JsonValue> first(String... keys) {
        return List.of(keys).stream()
                .flatMap(key -> config.value(key).stream())
                .filter(value -> !(value instanceof JsonNull))
                .findFirst();
    }

    /** Returns the text of the first of some keys that is a text, number or array of them. */
    private static Optional<String> text(JsonObject of, String... keys) {
        return List.of(keys).stream()
                .flatMap(key -> of.value(key).stream())
                .map(ArchitectureSummary::text)
                .filter(text -> !text.isEmpty())
                .findFirst();
    }

    private static String text(JsonValue value) {
        return switch (value) {
            case JsonString(String text) -> text;
            case JsonNumber number -> number.text();
            case JsonArray(List<JsonValue> items) ->
                items.stream().map(ArchitectureSummary::text).distinct().collect(Collectors.joining("/"));
            default -> "";
        };
    }

    /** Returns how many layers there are of each kind. */
    private static String counts(JsonValue kinds) {
        List<String> each = kinds instanceof JsonArray(List<JsonValue> items)
                ? items.stream().map(ArchitectureSummary::text).toList()
                : List.of(text(kinds).split(""));
        Map<String, Long> counts =
                each.stream().collect(Collectors.groupingBy(kind -> kind, LinkedHashMap::new, Collectors.counting()));
        return counts.entrySet().stream()
                .map(entry -> entry.getKey() + " x" + entry.getValue())
                .collect(Collectors.joining(", "));
    }
}
