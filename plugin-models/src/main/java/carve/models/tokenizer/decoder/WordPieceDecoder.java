package carve.models.tokenizer.decoder;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Spaces before tokens that begin a word.
 *
 * @param prefix how tokens begin that do not
 * @param cleanup whether spaces before punctuation and English contractions are removed
 */
public record WordPieceDecoder(String prefix, boolean cleanup) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
        return IntStream.range(0, tokens.size())
                .mapToObj(i -> {
                    String token = tokens.get(i);
                    String text =
                            i == 0 ? token : token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
                    return cleanup ? cleanedUp(text) : text;
                })
                .toList();
    }

    static String cleanedUp(String text) {
        return text.replace(" .", ".")
                .replace(" ?", "?")
                .replace(" !", "!")
                .replace(" ,", ",")
                .replace(" ' ", "'")
                .replace(" n't", "n't")
                .replace(" 'm", "'m")
                .replace(" do not", " don't")
                .replace(" 's", "'s")
                .replace(" 've", "'ve")
                .replace(" 're", "'re");
    }
}
