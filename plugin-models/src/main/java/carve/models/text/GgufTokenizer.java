package carve.models.text;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.Gguf;
import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonNull;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tokenizers in the metadata of GGUF files: byte-level pair encoding ({@code tokenizer.ggml.model = gpt2}), as the {@code
 * tokenizer.json} that says the same. How texts are cut into words before that has a name in the one and a regular expression
 * in the other; names and expressions known here are those of GPT-2, Llama 3 and Qwen 2.
 *
 * <p>Keys: {@code tokenizer.ggml.model}, {@code .pre}, {@code .tokens} (by id), {@code .token_type} (1 normal, 3 control, 4
 * added, 5 unused), {@code .merges} (best one first), {@code .bos_token_id}, {@code .eos_token_id}, {@code .add_bos_token}.
 */
public final class GgufTokenizer {
    private static final String KEY = "tokenizer.ggml.";
    private static final String EOS = KEY + "eos_token_id";
    private static final String BOS = KEY + "bos_token_id";
    private static final String ADD_BOS = KEY + "add_bos_token";
    private static final int NORMAL = 1;
    private static final int CONTROL = 3;
    private static final int ADDED = 4;
    private static final int UNUSED = 5;

    /** Tokens that end texts, by their usual names. */
    private static final List<String> ENDS = List.of("<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>");

    /** Names of GPT-2's own expression, which byte-level pre-tokenizers have built in. */
    private static final List<String> GPT2 = List.of("gpt-2", "default", "olmo", "mpt", "gpt-neox", "jina-v2-code");

    private static final String LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String QWEN2 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final Map<String, String> EXPRESSIONS =
            Map.of("llama-bpe", LLAMA3, "llama3", LLAMA3, "llama-v3", LLAMA3, "qwen2", QWEN2);

    private GgufTokenizer() {}

    /** Returns the token at which answers end, if metadata name one. */
    public static Optional<Integer> endOfText(JsonObject metadata) {
        return metadata.optionalInteger(EOS);
    }

    static Tokenizer open(Path file) {
        try (Gguf gguf = Gguf.open(file)) {
            return JsonTokenizer.of(json(gguf.metadata(), file), file);
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
                added.add(added(id, tokens.get(id), type == CONTROL));
            }
            ids.putIfAbsent(tokens.get(id), JsonNumber.of((long) id));
        }
        String pre = metadata.optionalString(KEY + "pre").orElse("default");
        return JsonObject.empty()
                .with("version", "1.0")
                .with("truncation", new JsonNull())
                .with("padding", new JsonNull())
                .with("added_tokens", new JsonArray(added))
                .with("normalizer", new JsonNull())
                .with("pre_tokenizer", preTokenizer(pre, file))
                .with("post_processor", postProcessor(metadata, tokens))
                .with("decoder", byteLevel(true))
                .with(
                        "model",
                        JsonObject.empty()
                                .with("type", "BPE")
                                .with("dropout", new JsonNull())
                                .with("unk_token", new JsonNull())
                                .with("continuing_subword_prefix", "")
                                .with("end_of_word_suffix", "")
                                .with("fuse_unk", false)
                                .with("ignore_merges", EXPRESSIONS.get(pre) == LLAMA3)
                                .with("vocab", JsonObject.of(ids))
                                .with("merges", metadata.array(KEY + "merges")));
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

    private static JsonObject added(int id, String content, boolean special) {
        return JsonObject.empty()
                .with("id", id)
                .with("content", content)
                .with("single_word", false)
                .with("lstrip", false)
                .with("rstrip", false)
                .with("normalized", false)
                .with("special", special);
    }

    private static JsonObject byteLevel(boolean expression) {
        return JsonObject.empty()
                .with("type", "ByteLevel")
                .with("add_prefix_space", false)
                .with("trim_offsets", true)
                .with("use_regex", expression);
    }

    private static JsonObject preTokenizer(String pre, Path file) {
        if (GPT2.contains(pre)) {
            return byteLevel(true);
        }
        String expression = EXPRESSIONS.get(pre);
        if (expression == null) {
            List<String> known = new ArrayList<>(GPT2);
            EXPRESSIONS.keySet().stream().sorted().forEach(known::add);
            throw new TextException("tokenizer %s: words are cut as by '%s', which is not supported; there are %s"
                    .formatted(file, pre, String.join(", ", known)));
        }
        JsonObject split = JsonObject.empty()
                .with("type", "Split")
                .with("pattern", JsonObject.empty().with("Regex", expression))
                .with("behavior", "Isolated")
                .with("invert", false);
        return JsonObject.empty()
                .with("type", "Sequence")
                .with("pretokenizers", new JsonArray(List.of(split, byteLevel(false))));
    }

    private static JsonValue postProcessor(JsonObject metadata, List<String> tokens) {
        int bos = metadata.optionalInteger(BOS).orElse(-1);
        if (!metadata.optionalFlag(ADD_BOS).orElse(false) || bos < 0 || bos >= tokens.size()) {
            return byteLevel(true);
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

    /**
     * Returns metadata with the tokenizer of a folder; without a tokenizer, metadata that say so.
     *
     * @param vocabulary how many tokens the model has; those that the tokenizer lacks are unused
     * @throws TextException if the folder's tokenizer is of another kind
     */
    public static JsonObject with(JsonObject metadata, Path folder, int vocabulary) {
        Path json = folder.resolve("tokenizer.json");
        if (Files.isRegularFile(folder)) {
            try (Gguf file = Gguf.open(folder)) {
                return copied(metadata, file.metadata());
            }
        }
        if (Files.isRegularFile(json)) {
            return with(metadata, Json.readObject(json), json, vocabulary);
        }
        if (Files.isRegularFile(folder.resolve(ByteLevelPairs.VOCABULARY))) {
            return with(metadata, ByteLevelPairs.json(folder), folder, vocabulary);
        }
        if (Files.isRegularFile(folder.resolve("tokenizer.model"))) {
            throw new TextException(
                    "tokenizer %s: a tokenizer.model has no place in GGUF files here; there is byte-level pair encoding, put a tokenizer.json beside it"
                            .formatted(folder));
        }
        return metadata.with(KEY + "model", "none");
    }

    private static JsonObject copied(JsonObject metadata, JsonObject from) {
        JsonObject result = metadata;
        for (String key : from.keys()) {
            result = key.startsWith("tokenizer.")
                    ? result.with(key, from.value(key).orElseThrow())
                    : result;
        }
        return result;
    }

    private static JsonObject with(JsonObject metadata, JsonObject tokenizer, Path file, int vocabulary) {
        JsonObject model = tokenizer.object("model");
        String type = model.optionalString("type").orElse("");
        if (!type.equals("BPE")) {
            throw new TextException(
                    "tokenizer %s: the model '%s' has no place in GGUF files here; there is BPE".formatted(file, type));
        }
        String[] tokens = new String[vocabulary];
        int[] types = new int[vocabulary];
        JsonObject vocab = model.object("vocab");
        vocab.keys().forEach(token -> put(tokens, types, vocab.integer(token), token, NORMAL, file));
        for (JsonValue item :
                tokenizer.optionalArray("added_tokens").map(JsonArray::items).orElse(List.of())) {
            if (item instanceof JsonObject token) {
                boolean special = token.optionalFlag("special").orElse(false);
                put(tokens, types, token.integer("id"), token.string("content"), special ? CONTROL : ADDED, file);
            }
        }
        Set<String> seen = new HashSet<>();
        for (int id = 0; id < vocabulary; id++) {
            if (tokens[id] == null || !seen.add(tokens[id])) {
                tokens[id] = "[PAD" + id + "]";
                types[id] = UNUSED;
            }
        }
        JsonObject result = metadata.with(KEY + "model", "gpt2")
                .with(KEY + "pre", pre(tokenizer, file))
                .with(KEY + "tokens", JsonArray.ofStrings(List.of(tokens)))
                .with(KEY + "token_type", numbers(types))
                .with(KEY + "merges", merges(model))
                .with(
                        ADD_BOS,
                        tokenizer
                                .optionalObject("post_processor")
                                .flatMap(GgufTokenizer::begins)
                                .isPresent());
        for (String end : ENDS) {
            int id = List.of(tokens).indexOf(end);
            result = id >= 0 && !result.has(EOS) ? result.with(EOS, id) : result;
        }
        Optional<String> first = tokenizer.optionalObject("post_processor").flatMap(GgufTokenizer::begins);
        return first.isPresent() && List.of(tokens).contains(first.get())
                ? result.with(BOS, List.of(tokens).indexOf(first.get()))
                : result;
    }

    private static void put(String[] tokens, int[] types, int id, String token, int type, Path file) {
        if (id < 0 || id >= tokens.length) {
            throw new TextException("tokenizer %s: token '%s' has the id %d, but the model has %d tokens"
                    .formatted(file, token, id, tokens.length));
        }
        tokens[id] = token;
        types[id] = type;
    }

    private static JsonArray numbers(int... values) {
        List<JsonValue> items = new ArrayList<>();
        for (int value : values) {
            items.add(JsonNumber.of((long) value));
        }
        return new JsonArray(items);
    }

    // "a b" in old files, ["a", "b"] in new ones
    private static JsonArray merges(JsonObject model) {
        return JsonArray.ofStrings(model.array("merges").items().stream()
                .map(item -> switch (item) {
                    case JsonString pair -> pair.text();
                    case JsonArray pair
                    when pair.items().size() == 2
                            && pair.items().get(0) instanceof JsonString(String first)
                            && pair.items().get(1) instanceof JsonString(String second) -> first + " " + second;
                    default -> throw model.error("merges", "expected pairs of tokens, found " + item.describe());
                })
                .toList());
    }

    private static String pre(JsonObject tokenizer, Path file) {
        String text = tokenizer.value("pre_tokenizer").map(Json::compact).orElse("");
        Optional<String> known = List.of("llama-bpe", "qwen2").stream()
                .filter(name -> text.contains(Json.compact(new JsonString(EXPRESSIONS.get(name)))))
                .findFirst();
        boolean builtIn = tokenizer
                .optionalObject("pre_tokenizer")
                .filter(pre -> pre.optionalString("type").orElse("").equals("ByteLevel"))
                .filter(pre -> pre.optionalFlag("use_regex").orElse(true))
                .isPresent();
        return known.or(() -> builtIn ? Optional.of("gpt-2") : Optional.empty())
                .orElseThrow(() -> new TextException(
                        "tokenizer %s: llama.cpp has no name that is known here for how words are cut, %s"
                                .formatted(file, text)));
    }

    /** Returns the token that is put before texts, if there is one. */
    private static Optional<String> begins(JsonObject processor) {
        List<JsonValue> parts = new ArrayList<>(
                processor.optionalArray("single").map(JsonArray::items).orElse(List.of()));
        processor.optionalArray("processors").map(JsonArray::items).orElse(List.of()).stream()
                .filter(JsonObject.class::isInstance)
                .map(JsonObject.class::cast)
                .forEach(inner -> parts.addAll(
                        inner.optionalArray("single").map(JsonArray::items).orElse(List.of())));
        return parts.stream()
                .limit(1)
                .filter(JsonObject.class::isInstance)
                .map(JsonObject.class::cast)
                .flatMap(part -> part.optionalObject("SpecialToken").stream())
                .map(token -> token.string("id"))
                .findFirst();
    }
}
