package carve.models.text;

import carve.api.gguf.GgufFile;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The writer of tokenizers as metadata of GGUF files, which {@link GgufTokenizer} reads. */
public final class GgufTokenizerWriter {
    /** The usual names of the end-of-text token; the first that the vocabulary has is used. */
    private static final List<String> ENDS = List.of("<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>");

    private GgufTokenizerWriter() {}

    /**
     * Returns metadata with the tokenizer of a folder, or without one if the folder has none.
     *
     * @param vocabulary the number of tokens of the model; those that the tokenizer lacks are unused
     * @throws TextException if the folder's tokenizer is of another kind
     */
    public static JsonObject with(JsonObject metadata, Path folder, int vocabulary) {
        Path json = folder.resolve("tokenizer.json");
        if (Files.isRegularFile(folder)) {
            try (GgufFile file = GgufFile.open(folder)) {
                return copied(metadata, file.metadata());
            }
        }
        if (Files.isRegularFile(json)) {
            return with(metadata, Json.readObject(json), json, vocabulary);
        }
        if (Files.isRegularFile(folder.resolve(ByteLevelBpe.VOCABULARY))) {
            return with(metadata, ByteLevelBpe.json(folder), folder, vocabulary);
        }
        if (Files.isRegularFile(folder.resolve("tokenizer.model"))) {
            throw new TextException(
                    "tokenizer %s: exporting tokenizer.model to GGUF is not supported; put a tokenizer.json of byte-level BPE beside it"
                            .formatted(folder));
        }
        return metadata.with(GgufTokenizer.KEY + "model", "none");
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
            throw new TextException("tokenizer %s: exporting the model '%s' to GGUF is not supported; supported: BPE"
                    .formatted(file, type));
        }
        String pre = pre(tokenizer, file);
        requireNoNormalizer(tokenizer, pre, file);
        TokenTable tokenTable = slots(tokenizer, file, vocabulary);
        Optional<String> first =
                tokenizer.optionalObject("post_processor").flatMap(GgufTokenizerWriter::beginningToken);
        JsonObject result = metadata.with(GgufTokenizer.KEY + "model", "gpt2")
                .with(GgufTokenizer.KEY + "pre", pre)
                .with(GgufTokenizer.KEY + "tokens", JsonArray.ofStrings(tokenTable.tokens()))
                .with(GgufTokenizer.KEY + "token_type", numbers(tokenTable.types))
                .with(GgufTokenizer.KEY + "merges", merges(model))
                .with(GgufTokenizer.ADD_BOS, first.isPresent());
        Optional<Integer> end = ENDS.stream().flatMap(tokenTable::id).findFirst();
        Optional<Integer> begin = first.stream().flatMap(tokenTable::id).findFirst();
        result = end.isPresent() ? result.with(GgufTokenizer.EOS, end.get()) : result;
        return begin.isPresent() ? result.with(GgufTokenizer.BOS, begin.get()) : result;
    }

    // the format has none; llama.cpp takes texts for Qwen 2 as they are, whose tokenizers compose characters first
    private static void requireNoNormalizer(JsonObject tokenizer, String pre, Path file) {
        String type = tokenizer
                .optionalObject("normalizer")
                .flatMap(normalizer -> normalizer.optionalString("type"))
                .orElse("");
        if (!type.isEmpty() && !(type.equals("NFC") && pre.equals("qwen2"))) {
            throw new TextException(
                    "tokenizer %s: exporting the normalizer '%s' to GGUF is not supported; texts would have other tokens"
                            .formatted(file, type));
        }
    }

    private static TokenTable slots(JsonObject tokenizer, Path file, int vocabulary) {
        TokenTable tokenTable = new TokenTable(file, vocabulary);
        JsonObject ids = tokenizer.object("model").object("vocab");
        ids.keys().forEach(token -> tokenTable.put(ids.integer(token), token, GgufTokenizer.NORMAL));
        for (JsonValue item :
                tokenizer.optionalArray("added_tokens").map(JsonArray::items).orElse(List.of())) {
            if (item instanceof JsonObject token) {
                boolean special = token.optionalFlag("special").orElse(false);
                tokenTable.put(
                        token.integer("id"),
                        token.string("content"),
                        special ? GgufTokenizer.CONTROL : GgufTokenizer.ADDED);
            }
        }
        tokenTable.fill();
        return tokenTable;
    }

    /** The tokens of the model, by id. */
    private static final class TokenTable {
        private final Path file;
        private final String[] tokens;
        private final int[] types;

        TokenTable(Path file, int count) {
            this.file = file;
            this.tokens = new String[count];
            this.types = new int[count];
        }

        void put(int id, String token, int type) {
            if (id < 0 || id >= tokens.length) {
                throw new TextException("tokenizer %s: token '%s' has id %d, but the model has %d tokens"
                        .formatted(file, token, id, tokens.length));
            }
            tokens[id] = token;
            types[id] = type;
        }

        // every id needs a unique name
        void fill() {
            Set<String> seen = new HashSet<>();
            for (int id = 0; id < tokens.length; id++) {
                if (tokens[id] == null || !seen.add(tokens[id])) {
                    tokens[id] = "[PAD" + id + "]";
                    types[id] = GgufTokenizer.UNUSED;
                }
            }
        }

        List<String> tokens() {
            return List.of(tokens);
        }

        Stream<Integer> id(String token) {
            int id = tokens().indexOf(token);
            return id < 0 ? Stream.empty() : Stream.of(id);
        }
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
                .filter(name -> text.contains(Json.compact(new JsonString(expression(name)))))
                .findFirst();
        boolean builtIn = tokenizer
                .optionalObject("pre_tokenizer")
                .filter(pre -> pre.optionalString("type").orElse("").equals("ByteLevel"))
                .filter(pre -> pre.optionalFlag("use_regex").orElse(true))
                .isPresent();
        return known.or(() -> builtIn ? Optional.of("gpt-2") : Optional.empty())
                .orElseThrow(() -> new TextException(
                        "tokenizer %s: no llama.cpp pre-tokenizer is known for %s".formatted(file, text)));
    }

    private static String expression(String name) {
        return GgufPreTokenizer.named(name).orElseThrow().expressions().getFirst();
    }

    /** Returns the token that is put before texts, if there is one. */
    private static Optional<String> beginningToken(JsonObject processor) {
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
