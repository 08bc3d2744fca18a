package carve.models.text;

import carve.api.json.JsonObject;
import carve.api.text.GenerationDefaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * All that the files of a model say about its texts: tokenizer, named tokens, chat templates, end tokens, and recommended sampling
 * parameters.
 *
 * @param tokenizer the tokenizer; owned
 * @param config the named tokens and the chat templates
 * @param endTokens the tokens that end answers: those of {@code generation_config.json} or else of the configuration, and the
 *     tokenizer's {@code eos_token}; in GGUF files, those that llama.cpp collects
 * @param suppressedTokens the tokens that are never chosen
 * @param defaults the recommended sampling parameters, read when they are asked for
 * @param digest the digest of the files that token ids depend on, computed when it is asked for
 */
public record TextFiles(
        Tokenizer tokenizer,
        TokenizerConfig config,
        Set<Integer> endTokens,
        Set<Integer> suppressedTokens,
        Supplier<GenerationDefaults> defaults,
        Supplier<String> digest) {
    /** Copies the sets. */
    public TextFiles {
        endTokens = Set.copyOf(endTokens);
        suppressedTokens = Set.copyOf(suppressedTokens);
    }

    /**
     * Opens the files of a model.
     *
     * @param config the model's configuration, which may have {@code eos_token_id}
     * @param model its folder, or a GGUF file
     * @throws TextException if there is no tokenizer, or a file has a key that is not known
     */
    public static TextFiles open(JsonObject config, Path model) {
        if (Files.isRegularFile(model)) {
            JsonObject metadata = GgufTokenizer.metadata(model);
            return new TextFiles(
                    GgufTokenizer.of(metadata, model),
                    TokenizerConfig.of(metadata),
                    GgufEndTokens.of(metadata),
                    Set.of(),
                    () -> GenerationDefaults.NONE,
                    () -> TokenizerDigest.of(metadata));
        }
        TokenizerConfig named = TokenizerConfig.open(model);
        GenerationConfigFile generation = GenerationConfigFile.open(model);
        Set<Integer> ends = new TreeSet<>(generation.endTokens(config));
        Set<Integer> suppressed = generation.suppressedTokens();
        Tokenizer tokenizer = Tokenizer.open(model);
        named.id("eos_token", tokenizer).ifPresent(ends::add);
        return new TextFiles(tokenizer, named, ends, suppressed, generation::defaults, () -> TokenizerDigest.of(model));
    }

    /** Returns the token that the tokenizer names as the beginning of texts, if there is one. */
    public OptionalInt beginningToken() {
        return config.id("bos_token", tokenizer);
    }

    /** Returns the token that the tokenizer names as the end of texts, if there is one. */
    public OptionalInt endToken() {
        return config.id("eos_token", tokenizer);
    }
}
