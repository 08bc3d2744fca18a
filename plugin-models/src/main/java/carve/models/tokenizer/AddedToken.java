package carve.models.tokenizer;

import carve.models.text.TextException;

/**
 * A token that is found in texts as it is spelled, before the model sees them.
 *
 * @param id its id
 * @param content its spelling, not empty
 * @param singleWord whether it counts only where no letter or digit stands beside it
 * @param leftStrip whether the white space before it belongs to it
 * @param rightStrip whether the white space behind it belongs to it
 * @param normalized whether it is looked for in the normalized text, by its own normalized spelling
 * @param special whether it is left out where texts are decoded without special tokens
 */
public record AddedToken(
        int id,
        String content,
        boolean singleWord,
        boolean leftStrip,
        boolean rightStrip,
        boolean normalized,
        boolean special) {
    /** Checks the spelling. */
    public AddedToken {
        if (content.isEmpty() || Unicode.hasLoneSurrogate(content)) {
            throw new TextException(
                    "tokenizer: the added token with id %d has no spelling, or half a surrogate pair".formatted(id));
        }
    }

    /** Returns a token that is matched as it is spelled, wherever it stands. */
    public static AddedToken verbatim(int id, String content, boolean special) {
        return new AddedToken(id, content, false, false, false, false, special);
    }
}
