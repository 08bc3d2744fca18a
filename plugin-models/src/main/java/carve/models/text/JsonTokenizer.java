package carve.models.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** A {@code tokenizer.json}, run by Hugging Face's tokenizers library. */
final class JsonTokenizer implements Tokenizer {
    // the library cuts texts at 512 tokens unless told not to
    private static final Map<String, String> OPTIONS = Map.of("truncation", "false", "padding", "false");

    private final HuggingFaceTokenizer library;
    private final Map<String, Integer> vocabulary;
    private final TokenBytes tokenBytes;
    private final Set<String> specialTokens;
    private final int size;

    private JsonTokenizer(
            HuggingFaceTokenizer library,
            Map<String, Integer> vocabulary,
            TokenBytes tokenBytes,
            Set<String> specialTokens) {
        this.library = library;
        this.vocabulary = vocabulary;
        this.tokenBytes = tokenBytes;
        this.specialTokens = specialTokens;
        this.size = vocabulary.values().stream().mapToInt(id -> id + 1).max().orElse(0);
    }

    static JsonTokenizer open(Path file) {
        return open(Json.readObject(file), file, () -> library(file));
    }

    /** Returns the tokenizer of JSON that was made from the files of a folder. */
    static JsonTokenizer of(JsonObject json, Path folder) {
        return open(
                json,
                folder,
                () -> library(new ByteArrayInputStream(Json.compact(json).getBytes(StandardCharsets.UTF_8))));
    }

    private static JsonTokenizer open(JsonObject json, Path from, Supplier<HuggingFaceTokenizer> make) {
        var vocabulary = vocabulary(json);
        try {
            return new JsonTokenizer(
                    NativeTokenizers.open(HuggingFaceTokenizer.class, make),
                    vocabulary,
                    TokenBytes.of(json, vocabulary),
                    specialTokens(json));
        } catch (RuntimeException e) {
            // the native half throws nothing more exact
            throw new TextException("tokenizer %s: cannot be opened, %s".formatted(from, e.getMessage()), e);
        }
    }

    private static HuggingFaceTokenizer library(Path file) {
        try {
            return HuggingFaceTokenizer.newInstance(file, OPTIONS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HuggingFaceTokenizer library(InputStream json) {
        try {
            return HuggingFaceTokenizer.newInstance(json, OPTIONS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Integer> vocabulary(JsonObject json) {
        Map<String, Integer> result = new HashMap<>();
        JsonObject model = json.object("model");
        switch (model.value("vocab").orElse(JsonObject.empty())) {
            case JsonObject tokens -> tokens.keys().forEach(token -> result.put(token, tokens.integer(token)));
            // Unigram models have [token, score] pairs in the order of their ids
            case JsonArray tokens -> tokens.items().forEach(pair -> result.put(first(pair, model), result.size()));
            default -> throw model.error("vocab", "expected an object or an array");
        }
        for (JsonValue added :
                json.optionalArray("added_tokens").map(JsonArray::items).orElse(List.of())) {
            if (added instanceof JsonObject token) {
                result.put(token.string("content"), token.integer("id"));
            }
        }
        return result;
    }

    // others, such as runs of spaces, are text that has a token of its own
    private static Set<String> specialTokens(JsonObject json) {
        return json.optionalArray("added_tokens").map(JsonArray::items).orElse(List.of()).stream()
                .filter(JsonObject.class::isInstance)
                .map(JsonObject.class::cast)
                .filter(token -> token.optionalFlag("special").orElse(false))
                .map(token -> token.string("content"))
                .collect(Collectors.toUnmodifiableSet());
    }

    private static String first(JsonValue pair, JsonObject model) {
        if (pair instanceof JsonArray array
                && !array.items().isEmpty()
                && array.items().getFirst() instanceof JsonString token) {
            return token.text();
        }
        throw model.error("vocab", "expected pairs of token and score, found " + pair.describe());
    }

    @Override
    public int[] encode(String text) {
        return encode(text, true);
    }

    @Override
    public int[] encodeContinuation(String text) {
        return encode(text, false);
    }

    private int[] encode(String text, boolean beginning) {
        long[] ids = library.encode(text, beginning, false).getIds();
        return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
    }

    @Override
    public String decode(int... ids) {
        return library.decode(known(ids), true);
    }

    @Override
    public String decodeWithSpecialTokens(int... ids) {
        return library.decode(known(ids), false);
    }

    @Override
    public byte[] bytes(int id) {
        return tokenBytes.of(id).orElseGet(() -> decode(id).getBytes(StandardCharsets.UTF_8));
    }

    private long[] known(int... ids) {
        return Arrays.stream(ids)
                .filter(id -> id >= 0 && id < size)
                .asLongStream()
                .toArray();
    }

    @Override
    public Set<String> specialTokens() {
        return specialTokens;
    }

    @Override
    public OptionalInt id(String token) {
        Integer id = vocabulary.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public int vocabularySize() {
        return size;
    }

    @Override
    public void close() {
        library.close();
    }
}
