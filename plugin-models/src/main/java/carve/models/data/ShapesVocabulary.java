package carve.models.data;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonNull;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The tokenizer of the world of shapes, as a {@code tokenizer.json}: a token per word, with the special tokens of HoVLE.
 *
 * <p>Ids 0, 1, 2 are {@code <unk>}, {@code <s>}, {@code </s>} as in InternLM2; then the marks of the chat template and of pictures, then newline,
 * which is a token so that what follows it starts afresh, then words with U+2581 for the space before them, then punctuation. A text that starts
 * with a word gets that space and loses it again when decoded, so every text of these words with single spaces comes back as it was.
 */
public final class ShapesVocabulary {
    private static final char SPACE = '\u2581';
    private static final List<String> SPECIALS =
            List.of("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>");
    // the chat template's roles, and Image-1: to Image-4: before several pictures
    private static final List<String> ROLES = List.of("system", "user", "assistant", "Image");
    private static final List<String> BARE = List.of("?", ",", ":", ".", "-", "1", "2", "3", "4");

    private ShapesVocabulary() {}

    /** Returns the tokens in the order of their ids. */
    public static List<String> tokens() {
        List<String> tokens = new ArrayList<>(SPECIALS);
        tokens.add("\n");
        tokens.add(String.valueOf(SPACE));
        ROLES.forEach(word -> tokens.add(SPACE + word));
        SceneQuestions.words().forEach(word -> tokens.add(SPACE + word));
        tokens.addAll(BARE);
        return List.copyOf(tokens);
    }

    /** Returns the text of the {@code tokenizer.json}. */
    public static String tokenizerJson() {
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
                        .with("post_processor", beginning())
                        .with("decoder", sequence("decoders", metaspace(), type("Fuse"), afterNewline()))
                        .with(
                                "model",
                                type("WordLevel").with("vocab", vocabulary()).with("unk_token", "<unk>")))
                + "\n";
    }

    private static JsonArray addedTokens() {
        List<JsonValue> added = new ArrayList<>();
        for (int id = 0; id <= SPECIALS.size(); id++) {
            added.add(JsonObject.empty()
                    .with("id", id)
                    .with("content", tokens().get(id))
                    .with("single_word", false)
                    .with("lstrip", false)
                    .with("rstrip", false)
                    .with("normalized", false)
                    .with("special", id < SPECIALS.size()));
        }
        return new JsonArray(added);
    }

    private static JsonObject vocabulary() {
        JsonObject result = JsonObject.empty();
        for (String token : tokens()) {
            result = result.with(token, result.keys().size());
        }
        return result;
    }

    private static JsonObject beginning() {
        JsonObject mark = JsonObject.of(Map.of("SpecialToken", part("<s>")));
        JsonObject text = JsonObject.of(Map.of("Sequence", part("A")));
        JsonObject token = JsonObject.empty()
                .with("id", "<s>")
                .with("ids", JsonArray.of(JsonNumber.of(SPECIALS.indexOf("<s>"))))
                .with("tokens", JsonArray.of(new JsonString("<s>")));
        return type("TemplateProcessing")
                .with("single", JsonArray.of(mark, text))
                .with("pair", JsonArray.of(text, JsonObject.of(Map.of("Sequence", part("B")))))
                .with("special_tokens", JsonObject.of(Map.of("<s>", token)));
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

    /** The first word after a newline has a space before it that nobody wrote. */
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
