package carve.models.tokenizer.decoder;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Spaces in the place of the character that stands for them.
 *
 * @param replacement the character, one code point
 * @param prepended whether one was put before the text, which has none in its first token then
 */
public record MetaspaceDecoder(String replacement, boolean prepended) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
        return IntStream.range(0, tokens.size())
                .mapToObj(i -> tokens.get(i).replace(replacement, i == 0 && prepended ? "" : " "))
                .toList();
    }
}
