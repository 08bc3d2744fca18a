package carve.models.text;

import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.List;

/** The parts of a {@code tokenizer.json} of byte-level pair encoding. */
final class TokenizerJson {
    private TokenizerJson() {}

    /**
     * Returns a {@code tokenizer.json}.
     *
     * @param added tokens that are matched in texts verbatim
     * @param before the pre-tokenizer
     * @param after the post-processor
     * @param model the BPE model
     */
    static JsonObject of(List<JsonValue> added, JsonObject before, JsonValue after, JsonObject model) {
        return JsonObject.empty()
                .with("version", "1.0")
                .with("truncation", new JsonNull())
                .with("padding", new JsonNull())
                .with("added_tokens", new JsonArray(added))
                .with("normalizer", new JsonNull())
                .with("pre_tokenizer", before)
                .with("post_processor", after)
                .with("decoder", byteLevel(true, true))
                .with("model", model);
    }

    /**
     * Returns the BPE model.
     *
     * @param ids of tokens
     * @param merges pairs of tokens, best one first
     * @param wholeWords whether a word that is a token is taken as it is, whatever the merges say
     */
    static JsonObject bpe(JsonObject ids, JsonArray merges, boolean wholeWords) {
        return JsonObject.empty()
                .with("type", "BPE")
                .with("dropout", new JsonNull())
                .with("unk_token", new JsonNull())
                .with("continuing_subword_prefix", "")
                .with("end_of_word_suffix", "")
                .with("fuse_unk", false)
                .with("ignore_merges", wholeWords)
                .with("vocab", ids)
                .with("merges", merges);
    }

    /** Returns an added token, which is matched in texts verbatim. */
    static JsonObject added(int id, String content, boolean special) {
        return JsonObject.empty()
                .with("id", id)
                .with("content", content)
                .with("single_word", false)
                .with("lstrip", false)
                .with("rstrip", false)
                .with("normalized", false)
                .with("special", special);
    }

    /**
     * Returns the step that writes bytes as characters.
     *
     * @param prefixSpace whether a space is put before a text
     * @param words whether it cuts texts into words, by GPT-2's expression
     */
    static JsonObject byteLevel(boolean prefixSpace, boolean words) {
        return JsonObject.empty()
                .with("type", "ByteLevel")
                .with("add_prefix_space", prefixSpace)
                .with("trim_offsets", true)
                .with("use_regex", words);
    }
}
