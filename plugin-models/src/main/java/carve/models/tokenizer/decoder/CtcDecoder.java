package carve.models.tokenizer.decoder;

import java.util.ArrayList;
import java.util.List;

/**
 * Tokens of connectionist temporal classification: repeated ones count once.
 *
 * @param pad the token between equal ones
 * @param delimiter the token between words
 * @param cleanup whether spaces before punctuation are removed and delimiters become spaces
 */
public record CtcDecoder(String pad, String delimiter, boolean cleanup) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
        List<String> result = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            if (i > 0 && tokens.get(i).equals(tokens.get(i - 1))) {
                continue;
            }
            String text = pad.isEmpty() ? tokens.get(i) : tokens.get(i).replace(pad, "");
            if (cleanup) {
                text = WordPieceDecoder.cleanedUp(text).replace(delimiter, " ");
            }
            if (!text.isEmpty()) {
                result.add(text);
            }
        }
        return result;
    }
}
