package carve.models.tokenizer.decoder;

import java.util.List;

/**
 * The removal of a character at the ends of each token.
 *
 * @param content the character, one code point
 * @param start at most how many at the beginning
 * @param stop at most how many at the end
 */
public record StripDecoder(int content, int start, int stop) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
        return tokens.stream().map(this::stripped).toList();
    }

    private String stripped(String token) {
        int width = Character.charCount(content);
        int from = 0;
        for (int i = 0; i < start && from < token.length() && token.codePointAt(from) == content; i++) {
            from += width;
        }
        int to = token.length();
        for (int i = 0; i < stop && to > from && token.codePointBefore(to) == content; i++) {
            to -= width;
        }
        return token.substring(from, to);
    }
}
