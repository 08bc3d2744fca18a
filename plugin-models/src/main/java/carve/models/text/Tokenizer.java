package carve.models.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Text to token ids and back, as the model's own tokenizer does it.
 *
 * <p>Special tokens in a text, such as {@code <|im_end|>}, become their one id; text in which they are to be text is given in
 * pieces, see {@link ConversationEncoder}. Implementations are thread-safe, and are closed by whoever opened them.
 *
 * <p>The time and the memory of a call are bounded in proportion to the text, whatever the text and the tokenizer are: a text
 * that takes more gives a {@link TextException}, and a thread that is interrupted a {@link
 * java.util.concurrent.CancellationException}.
 */
public interface Tokenizer extends AutoCloseable {
    /**
     * Opens the tokenizer in a model's folder: {@code tokenizer.json} if there is one, else {@code tokenizer.model} with
     * {@code added_tokens.json} and {@code tokenizer_config.json} beside it, else {@code vocab.json} and {@code merges.txt} as
     * GPT-2, CodeGen and Phi have them. A GGUF file has its tokenizer in its metadata.
     *
     * @throws TextException if the folder has none of these, or one cannot be read
     */
    static Tokenizer open(Path folder) {
        if (Files.isRegularFile(folder)) {
            return GgufTokenizer.open(folder);
        }
        Path json = folder.resolve("tokenizer.json");
        if (Files.isRegularFile(json)) {
            return JsonTokenizer.open(json);
        }
        Path model = folder.resolve("tokenizer.model");
        if (Files.isRegularFile(model)) {
            return SentencePieceTokenizer.open(model);
        }
        if (Files.isRegularFile(folder.resolve(ByteLevelBpe.VOCABULARY))) {
            return JsonTokenizer.of(ByteLevelBpe.json(folder), folder);
        }
        throw new TextException("tokenizer: neither tokenizer.json nor tokenizer.model nor vocab.json in " + folder);
    }

    /**
     * Returns the ids of a text at the beginning of a sequence, with the tokens that the tokenizer puts before it, such
     * as {@code <s>}.
     */
    int[] encode(String text);

    /** Returns the ids of a text that continues another, without a beginning token. */
    int[] encodeContinuation(String text);

    /**
     * Returns the ids of a text in pieces. A special token is found within a piece only: where a piece ends inside the spelling of
     * one, that is text.
     *
     * <p>Unless overridden, each piece is encoded alone, so that no token reaches from one piece into the next.
     *
     * @param beginning whether the first piece begins a sequence
     */
    default int[] encode(List<String> pieces, boolean beginning) {
        IntStream.Builder ids = IntStream.builder();
        for (int i = 0; i < pieces.size(); i++) {
            String piece = pieces.get(i);
            if (beginning && i == 0) {
                IntStream.of(encode(piece)).forEach(ids::add);
            } else if (!piece.isEmpty()) {
                IntStream.of(encodeContinuation(piece)).forEach(ids::add);
            }
        }
        return ids.build().toArray();
    }

    /** Returns the spellings of the tokens that mean something to the model and are no text, such as {@code </s>}. */
    Set<String> specialTokens();

    /** Returns the text of the ids without special tokens; ids outside the vocabulary are left out. Half characters become U+FFFD. */
    String decode(int... ids);

    /** Returns the text of {@link #decode}, with special tokens written as the vocabulary has them. */
    String decodeWithSpecialTokens(int... ids);

    /**
     * Returns the bytes of UTF-8 that an id adds to a text before it: part of a character for some ids, none for special tokens and
     * ids outside the vocabulary.
     */
    byte[] bytes(int id);

    /** Returns the id of a token written as in the vocabulary, special or not. */
    OptionalInt id(String token);

    /** Returns one more than the greatest id. */
    int vocabularySize();

    @Override
    void close();

    /**
     * Returns the id of a token that must be there.
     *
     * @throws TextException if it is not in the vocabulary
     */
    default int requiredId(String token) {
        return id(token)
                .orElseThrow(() ->
                        new TextException("tokenizer: no token '%s' among %d".formatted(token, vocabularySize())));
    }

    /** Returns a new stream that decodes ids one by one. */
    default IncrementalDetokenizer stream() {
        return new IncrementalDetokenizer(this);
    }
}
