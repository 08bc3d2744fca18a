package carve.models.text;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The encoding of text in which the spelling of a special token is text. */
public final class LiteralText {
    private LiteralText() {}

    /** Returns the pieces of a text, cut after the first character of each occurrence of a special token's spelling. */
    static List<String> split(String text, String special) {
        List<String> pieces = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(special); at >= 0; at = text.indexOf(special, at + special.length())) {
            pieces.add(text.substring(from, at + 1));
            from = at + 1;
        }
        pieces.add(text.substring(from));
        return pieces;
    }

    /**
     * Returns the ids of a text that never include a special token for its spelling in the text.
     *
     * @param special the spelling; of no effect if the tokenizer has no such token
     * @param beginning whether the text begins a sequence
     */
    public static int[] encode(Tokenizer tokenizer, String text, String special, boolean beginning) {
        List<String> pieces = tokenizer.id(special).isPresent() ? split(text, special) : List.of(text);
        return IntStream.range(0, pieces.size())
                .flatMap(i -> IntStream.of(
                        beginning && i == 0
                                ? tokenizer.encode(pieces.get(i))
                                : pieces.get(i).isEmpty() ? new int[0] : tokenizer.encodeContinuation(pieces.get(i))))
                .toArray();
    }
}
