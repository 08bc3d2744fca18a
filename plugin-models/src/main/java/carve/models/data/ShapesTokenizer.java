package carve.models.data;

import carve.api.config.NameSuggestions;
import carve.api.config.Settings;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A tokenizer of the data set of shapes, as a {@code tokenizer.json}: a token per word, with the special tokens of a
 * chat template.
 *
 * <p>Ids are those of the special tokens, then of the newline, after which words are tokenised as at the beginning of a
 * text, then of words with U+2581 for the space before them, then of punctuation. A text that starts with a word gets
 * that space and loses it when decoded, so every text of these words with single spaces round-trips.
 */
public enum ShapesTokenizer {
    /**
     * For the chat template of HoVLE. Ids 0, 1, 2 are {@code <unk>}, {@code <s>}, {@code </s>} as in InternLM2; every text begins with {@code <s>}.
     */
    HOVLE(
            List.of("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>"),
            // Image-1: to Image-4: are put before several images
            List.of("system", "user", "assistant", "Image"),
            List.of("?", ",", ":", ".", "-", "1", "2", "3", "4"),
            Optional.of("<s>")),
    /** For the chat template {@code phi} of TinyLLaVA; texts have no beginning token, as in CodeGen's tokenizer. */
    PHI(List.of("<unk>", "<|endoftext|>"), List.of("USER", "ASSISTANT"), List.of("?", ",", ":", "."), Optional.empty());

    private static final char SPACE = '\u2581';

    private final List<String> specialTokens;
    private final List<String> roles;
    private final List<String> punctuation;
    private final Optional<String> bosToken;

    ShapesTokenizer(List<String> marks, List<String> roles, List<String> bare, Optional<String> beginning) {
        this.specialTokens = marks;
        this.roles = roles;
        this.punctuation = bare;
        this.bosToken = beginning;
    }

    /** Returns the vocabulary of a name in settings, such as {@code phi}. */
    static ShapesTokenizer of(Settings settings, String key) {
        List<String> names = Arrays.stream(values())
                .map(vocabulary -> vocabulary.name().toLowerCase(Locale.ROOT))
                .toList();
        String name = settings.string(key);
        if (!names.contains(name)) {
            throw settings.error(key, NameSuggestions.unknown("chat template of shapes", name, names));
        }
        return values()[names.indexOf(name)];
    }

    /** Returns the tokens in the order of their ids. */
    public List<String> tokens() {
        List<String> tokens = new ArrayList<>(specialTokens);
        tokens.add("\n");
        tokens.add(String.valueOf(SPACE));
        roles.forEach(word -> tokens.add(SPACE + word));
        QuestionGenerator.words().forEach(word -> tokens.add(SPACE + word));
        tokens.addAll(punctuation);
        return List.copyOf(tokens);
    }

    /** Returns the text of the {@code tokenizer.json}. */
    public String tokenizerJson() {
        return Json.print(JsonObject.empty()
                        .with("version", "1.0")
                        .with("truncation", new JsonNull())
                        .with("padding", new JsonNull())
                        .with("added_tokens", addedTokens())
                        .with("normalizer", new JsonNull())
                        .with(
                                "pre_tokenizer",
                                sequence(
                                        "pretokenizers",
                                        metaspace(),
                                        type("Punctuation").with("behavior", "Isolated")))
                        .with(
                                "post_processor",
                                bosToken.<JsonValue>map(this::prependToken).orElseGet(JsonNull::new))
                        .with("decoder", sequence("decoders", metaspace(), type("Fuse"), afterNewline()))
                        .with(
                                "model",
                                type("WordLevel").with("vocab", vocabulary()).with("unk_token", "<unk>")))
                + "\n";
    }

    private JsonArray addedTokens() {
        List<JsonValue> added = new ArrayList<>();
        for (int id = 0; id <= specialTokens.size(); id++) {
            added.add(JsonObject.empty()
                    .with("id", id)
                    .with("content", tokens().get(id))
                    .with("single_word", false)
                    .with("lstrip", false)
                    .with("rstrip", false)
                    .with("normalized", false)
                    .with("special", id < specialTokens.size()));
        }
        return new JsonArray(added);
    }

    private JsonObject vocabulary() {
        JsonObject result = JsonObject.empty();
        for (String token : tokens()) {
            result = result.with(token, result.keys().size());
        }
        return result;
    }

    private JsonObject prependToken(String token) {
        JsonObject mark = JsonObject.of(Map.of("SpecialToken", part(token)));
        JsonObject text = JsonObject.of(Map.of("Sequence", part("A")));
        JsonObject known = JsonObject.empty()
                .with("id", token)
                .with("ids", JsonArray.of(JsonNumber.of(specialTokens.indexOf(token))))
                .with("tokens", JsonArray.of(new JsonString(token)));
        return type("TemplateProcessing")
                .with("single", JsonArray.of(mark, text))
                .with("pair", JsonArray.of(text, JsonObject.of(Map.of("Sequence", part("B")))))
                .with("special_tokens", JsonObject.of(Map.of(token, known)));
    }

    private static JsonObject part(String id) {
        return JsonObject.empty().with("id", id).with("type_id", 0);
    }

    private static JsonObject metaspace() {
        return type("Metaspace")
                .with("replacement", String.valueOf(SPACE))
                .with("prepend_scheme", "always")
                .with("split", true);
    }

    /** Returns the decoder step that removes the space before the first word after a newline. */
    private static JsonObject afterNewline() {
        return type("Replace")
                .with("pattern", JsonObject.empty().with("String", "\n "))
                .with("content", "\n");
    }

    private static JsonObject sequence(String key, JsonObject... parts) {
        return type("Sequence").with(key, JsonArray.of(parts));
    }

    private static JsonObject type(String name) {
        return JsonObject.empty().with("type", name);
    }
}
