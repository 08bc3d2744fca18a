package carve.models.tokenizer.json;

import carve.api.json.JsonObject;
import carve.models.text.TextException;
import carve.models.tokenizer.AddedToken;
import carve.models.tokenizer.AddedTokens;
import carve.models.tokenizer.PostProcessor;
import carve.models.tokenizer.TokenizerPipeline;
import carve.models.tokenizer.model.TokenModel;
import carve.models.tokenizer.normalizer.Normalizer;
import carve.models.tokenizer.normalizer.NormalizerSequence;
import carve.models.tokenizer.pretokenizer.PreTokenizer;
import carve.models.tokenizer.pretokenizer.PreTokenizerSequence;
import java.util.List;

/**
 * The reader of {@code tokenizer.json}, the format of the tokenizers library (version 1.0). It computes what the library
 * computes; kinds and keys that it does not know are refused by name. Truncation and padding are left out: texts are encoded
 * whole.
 */
public final class TokenizerReader {
    private TokenizerReader() {}

    /**
     * Returns the tokenizer of a file.
     *
     * @throws carve.api.CarveException if it has something that is wrong or not supported
     */
    public static TokenizerPipeline read(JsonObject json) {
        return StrictObject.whole(json, "tokenizer", TokenizerReader::read);
    }

    private static TokenizerPipeline read(StrictObject section) {
        section.optionalText("version")
                .filter(version -> !version.equals("1.0"))
                .ifPresent(version -> {
                    throw section.error("version", "expected 1.0, found '%s'".formatted(version));
                });
        section.ignore("truncation", "padding");
        TokenModel model = section.part("model", ModelReader::read)
                .orElseThrow(() -> section.error("model", "expected an object"));
        Normalizer normalizer =
                section.part("normalizer", NormalizerReader::read).orElseGet(() -> new NormalizerSequence(List.of()));
        PreTokenizer preTokenizer = section.part("pre_tokenizer", PreTokenizerReader::read)
                .orElseGet(() -> new PreTokenizerSequence(List.of()));
        return new TokenizerPipeline(
                new AddedTokens(addedTokens(section, model), normalizer),
                normalizer,
                preTokenizer,
                model,
                section.part("post_processor", PostProcessorReader::read).orElseGet(PostProcessor::none),
                section.part("decoder", DecoderReader::read));
    }

    private static List<AddedToken> addedTokens(StrictObject section, TokenModel model) {
        if (section.value("added_tokens").isEmpty()) {
            return List.of();
        }
        return section.parts("added_tokens", token -> addedToken(token, model));
    }

    private static AddedToken addedToken(StrictObject section, TokenModel model) {
        AddedToken token = new AddedToken(
                section.whole("id"),
                section.text("content"),
                section.flag("single_word", false),
                section.flag("lstrip", false),
                section.flag("rstrip", false),
                section.flag("normalized", true),
                section.flag("special", false));
        int known = model.vocabulary().id(token.content());
        if (known >= 0 && known != token.id()) {
            throw new TextException("tokenizer: the added token '%s' has id %d, but the model's vocabulary has it as %d"
                    .formatted(token.content(), token.id(), known));
        }
        return token;
    }
}
