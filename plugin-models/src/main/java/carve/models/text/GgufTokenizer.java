package carve.models.text;

import carve.api.checkpoint.CheckpointException;
import carve.api.gguf.GgufFile;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tokenizers in the metadata of GGUF files, with llama.cpp's rules: byte-level pair encoding ({@code tokenizer.ggml.model =
 * gpt2}), converted to the equivalent {@code tokenizer.json}, where the pre-tokenizer has a name in the one and expressions in the
 * other (see {@link GgufPreTokenizer}); and SentencePiece's BPE ({@code llama}, see {@link GgufSentencePiece}).
 *
 * <p>Keys: {@code tokenizer.ggml.model}, {@code .pre}, {@code .tokens} (by id), {@code .token_type} (1 normal, 3
 * control, 4 added, 5 unused), {@code .merges} (best one first), {@code .bos_token_id}, {@code .eos_token_id}, {@code
 * .add_bos_token}, {@code .add_eos_token}. The beginning token is put before texts where {@code .add_bos_token} says so, and without
 * that key where the rule of the pre-tokenizer does.
 */
public final class GgufTokenizer {
    static final String KEY = "tokenizer.ggml.";
    static final String EOS = KEY + "eos_token_id";
    static final String BOS = KEY + "bos_token_id";
    static final String ADD_BOS = KEY + "add_bos_token";
    static final String ADD_EOS = KEY + "add_eos_token";
    static final int NORMAL = 1;
    static final int CONTROL = 3;
    static final int ADDED = 4;
    static final int UNUSED = 5;

    private static final System.Logger LOG = System.getLogger("carve.models");

    private GgufTokenizer() {}

    /** Returns the end-of-text token, if the metadata has one. */
    public static Optional<Integer> endOfText(JsonObject metadata) {
        return metadata.optionalInteger(EOS);
    }

    static Tokenizer open(Path file) {
        return of(metadata(file), file);
    }

    /** Returns the metadata of a file. */
    static JsonObject metadata(Path file) {
        try (GgufFile ggufFile = GgufFile.open(file)) {
            return ggufFile.metadata();
        } catch (CheckpointException e) {
            throw new TextException("tokenizer %s".formatted(e.getMessage()), e);
        }
    }

    /** Returns the spelling of a named token, such as {@code bos}, if the metadata has one. */
    static Optional<String> token(JsonObject metadata, String name) {
        return metadata.optionalInteger(KEY + name + "_token_id")
                .flatMap(id -> metadata.optionalArray(KEY + "tokens")
                        .filter(tokens -> id >= 0 && id < tokens.items().size())
                        .map(tokens -> tokens.items().get(id))
                        .filter(JsonString.class::isInstance)
                        .map(token -> ((JsonString) token).text()));
    }

    /** Returns the tokenizer of a file's metadata. */
    static Tokenizer of(JsonObject metadata, Path file) {
        return metadata.optionalString(KEY + "model").orElse("").equals("llama")
                ? GgufSentencePiece.of(metadata, file)
                : JsonTokenizer.of(json(metadata, file), file);
    }

    /** Returns the {@code tokenizer.json} of a file's metadata. */
    static JsonObject json(JsonObject metadata, Path file) {
        String model = metadata.optionalString(KEY + "model").orElse("none");
        if (!model.equals("gpt2")) {
            throw new TextException(
                    "tokenizer %s: the model '%s' is not supported; supported: gpt2, llama".formatted(file, model));
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
        GgufPreTokenizer pre = rule(metadata, file);
        return TokenizerJson.of(
                added,
                preTokenizer(pre),
                postProcessor(metadata, tokens, pre.begins()),
                TokenizerJson.bpe(JsonObject.of(ids), metadata.array(KEY + "merges"), pre.wholeWords()));
    }

    private static GgufPreTokenizer rule(JsonObject metadata, Path file) {
        Optional<String> pre = metadata.optionalString(KEY + "pre");
        if (pre.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "tokenizer {0}: {1} is missing, so that texts are split by llama.cpp''s default rule; answers may"
                            + " be worse for it",
                    file,
                    KEY + "pre");
        }
        String name = pre.orElse("default");
        return GgufPreTokenizer.named(name)
                .orElseThrow(() -> new TextException("tokenizer %s: pre-tokenizer '%s' is not supported; supported: %s"
                        .formatted(file, name, String.join(", ", GgufPreTokenizer.names()))));
    }

    /** Returns the type of a token, such as {@value #CONTROL}. */
    static int type(JsonObject metadata, int id) {
        Optional<JsonArray> types = metadata.optionalArray(KEY + "token_type");
        if (types.isPresent() && id < types.get().items().size()) {
            return types.get().items().get(id) instanceof JsonNumber number
                    ? (int) number.whole().orElse(NORMAL)
                    : NORMAL;
        }
        return NORMAL;
    }

    private static JsonObject preTokenizer(GgufPreTokenizer rule) {
        if (rule.isGpt2()) {
            return TokenizerJson.byteLevel(false, true);
        }
        List<JsonValue> steps = new ArrayList<>();
        for (String expression : rule.expressions()) {
            steps.add(JsonObject.empty()
                    .with("type", "Split")
                    .with("pattern", JsonObject.empty().with("Regex", expression))
                    .with("behavior", "Isolated")
                    .with("invert", false));
        }
        steps.add(TokenizerJson.byteLevel(false, false));
        return JsonObject.empty().with("type", "Sequence").with("pretokenizers", new JsonArray(steps));
    }

    /**
     * Returns the token that is put at an end of texts, if there is one.
     *
     * @param flag the key that says whether it is
     * @param otherwise whether it is where the key is not there
     * @param token the key of its id
     */
    static Optional<Integer> end(JsonObject metadata, String flag, boolean otherwise, String token, int vocabulary) {
        return metadata.optionalFlag(flag).orElse(otherwise)
                ? metadata.optionalInteger(token).filter(id -> id >= 0 && id < vocabulary)
                : Optional.empty();
    }

    private static JsonValue postProcessor(JsonObject metadata, List<String> tokens, boolean begins) {
        Optional<Integer> bos = end(metadata, ADD_BOS, begins, BOS, tokens.size());
        Optional<Integer> eos = end(metadata, ADD_EOS, false, EOS, tokens.size());
        if (bos.isEmpty() && eos.isEmpty()) {
            return TokenizerJson.byteLevel(false, true);
        }
        List<JsonValue> single = new ArrayList<>();
        JsonObject special = JsonObject.empty();
        for (int id : bos.stream().toList()) {
            single.add(part("SpecialToken", tokens.get(id)));
            special = special.with(tokens.get(id), special(id, tokens.get(id)));
        }
        single.add(part("Sequence", "A"));
        for (int id : eos.stream().toList()) {
            single.add(part("SpecialToken", tokens.get(id)));
            special = special.with(tokens.get(id), special(id, tokens.get(id)));
        }
        return JsonObject.empty()
                .with("type", "TemplateProcessing")
                .with("single", new JsonArray(single))
                .with("pair", new JsonArray(single))
                .with("special_tokens", special);
    }

    private static JsonObject special(int id, String token) {
        return JsonObject.empty()
                .with("id", token)
                .with("ids", new JsonArray(List.of(JsonNumber.of((long) id))))
                .with("tokens", JsonArray.ofStrings(List.of(token)));
    }

    private static JsonObject part(String kind, String id) {
        return JsonObject.empty().with(kind, JsonObject.empty().with("id", id).with("type_id", 0));
    }
}
