package carve.models.tokenizer.decoder;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A space in the place of the ends of words.
 *
 * @param suffix how tokens end that end a word
 */
public record BpeDecoder(String suffix) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
        int last = tokens.size() - 1;
        return IntStream.range(0, tokens.size())
                .mapToObj(i -> tokens.get(i).replace(suffix, i == last ? "" : " "))
                .toList();
    }
}
