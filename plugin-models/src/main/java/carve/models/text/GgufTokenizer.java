package carve.models.text;

import carve.api.checkpoint.CheckpointException;
import carve.api.gguf.GgufFile;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tokenizers in the metadata of GGUF files: byte-level pair encoding ({@code tokenizer.ggml.model = gpt2}), converted
 * to the equivalent {@code tokenizer.json}. The pre-tokenizer has a name in the one and a regular expression in the
 * other; supported are those of GPT-2, Llama 3 and Qwen 2.
 *
 * <p>Keys: {@code tokenizer.ggml.model}, {@code .pre}, {@code .tokens} (by id), {@code .token_type} (1 normal, 3
 * control, 4 added, 5 unused), {@code .merges} (best one first), {@code .bos_token_id}, {@code .eos_token_id}, {@code
 * .add_bos_token}.
 */
public final class GgufTokenizer {
    static final String KEY = "tokenizer.ggml.";
    static final String EOS = KEY + "eos_token_id";
    static final String BOS = KEY + "bos_token_id";
    static final String ADD_BOS = KEY + "add_bos_token";
    static final int NORMAL = 1;
    static final int CONTROL = 3;
    static final int ADDED = 4;
    static final int UNUSED = 5;

    /** Names of GPT-2's own expression, which byte-level pre-tokenizers have built in. */
    private static final List<String> GPT2 = List.of("gpt-2", "default", "olmo", "mpt", "gpt-neox", "jina-v2-code");

    private static final String LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String QWEN2 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    static final Map<String, String> PRE_TOKENIZERS =
            Map.of("llama-bpe", LLAMA3, "llama3", LLAMA3, "llama-v3", LLAMA3, "qwen2", QWEN2);

    private GgufTokenizer() {}

    /** Returns the end-of-text token, if the metadata has one. */
    public static Optional<Integer> endOfText(JsonObject metadata) {
        return metadata.optionalInteger(EOS);
    }

    static Tokenizer open(Path file) {
        try (GgufFile ggufFile = GgufFile.open(file)) {
            return JsonTokenizer.of(json(ggufFile.metadata(), file), file);
        } catch (CheckpointException e) {
            throw new TextException("tokenizer %s".formatted(e.getMessage()), e);
        }
    }

    /** Returns the {@code tokenizer.json} of a file's metadata. */
    static JsonObject json(JsonObject metadata, Path file) {
        String model = metadata.optionalString(KEY + "model").orElse("none");
        if (!model.equals("gpt2")) {
            throw new TextException(
                    "tokenizer %s: the model '%s' is not supported; there is gpt2".formatted(file, model));
        }
        List<String> tokens = metadata.strings(KEY + "tokens");
        Map<String, JsonValue> ids = new LinkedHashMap<>();
        List<JsonValue> added = new ArrayList<>();
        for (int id = 0; id < tokens.size(); id++) {
            int type = type(metadata, id);
            if (type == CONTROL || type == ADDED) {
                added.add(TokenizerJson.added(id, tokens.get(id), type == CONTROL));
            }
            ids.putIfAbsent(tokens.get(id), JsonNumber.of((long) id));
        }
        String pre = metadata.optionalString(KEY + "pre").orElse("default");
        return TokenizerJson.of(
                added,
                preTokenizer(pre, file),
                postProcessor(metadata, tokens),
                TokenizerJson.bpe(
                        JsonObject.of(ids), metadata.array(KEY + "merges"), PRE_TOKENIZERS.get(pre) == LLAMA3));
    }

    private static int type(JsonObject metadata, int id) {
        Optional<JsonArray> types = metadata.optionalArray(KEY + "token_type");
        if (types.isPresent() && id < types.get().items().size()) {
            return types.get().items().get(id) instanceof JsonNumber number
                    ? (int) number.whole().orElse(NORMAL)
                    : NORMAL;
        }
        return NORMAL;
    }

    private static JsonObject preTokenizer(String pre, Path file) {
        if (GPT2.contains(pre)) {
            return TokenizerJson.byteLevel(false, true);
        }
        String expression = PRE_TOKENIZERS.get(pre);
        if (expression == null) {
            List<String> known = new ArrayList<>(GPT2);
            PRE_TOKENIZERS.keySet().stream().sorted().forEach(known::add);
            throw new TextException("tokenizer %s: pre-tokenizer '%s' is not supported; supported: %s"
                    .formatted(file, pre, String.join(", ", known)));
        }
        JsonObject split = JsonObject.empty()
                .with("type", "Split")
                .with("pattern", JsonObject.empty().with("Regex", expression))
                .with("behavior", "Isolated")
                .with("invert", false);
        return JsonObject.empty()
                .with("type", "Sequence")
                .with("pretokenizers", new JsonArray(List.of(split, TokenizerJson.byteLevel(false, false))));
    }

    private static JsonValue postProcessor(JsonObject metadata, List<String> tokens) {
        int bos = metadata.optionalInteger(BOS).orElse(-1);
        if (!metadata.optionalFlag(ADD_BOS).orElse(false) || bos < 0 || bos >= tokens.size()) {
            return TokenizerJson.byteLevel(false, true);
        }
        String token = tokens.get(bos);
        JsonArray single = new JsonArray(List.of(part("SpecialToken", token), part("Sequence", "A")));
        JsonObject special = JsonObject.empty()
                .with("id", token)
                .with("ids", new JsonArray(List.of(JsonNumber.of((long) bos))))
                .with("tokens", JsonArray.ofStrings(List.of(token)));
        return JsonObject.empty()
                .with("type", "TemplateProcessing")
                .with("single", single)
                .with("pair", single)
                .with("special_tokens", JsonObject.empty().with(token, special));
    }

    private static JsonObject part(String kind, String id) {
        return JsonObject.empty().with(kind, JsonObject.empty().with("id", id).with("type_id", 0));
    }
}
