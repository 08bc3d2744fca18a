package carve.models.tokenizer.model;

/**
 * The configuration of a BPE model.
 *
 * @param unknown the token of characters that the vocabulary lacks, or nothing if they are left out
 * @param prefix what the vocabulary writes before a character that does not begin a word
 * @param suffix what the vocabulary writes behind a character that ends a word
 * @param fuseUnknown whether unknown characters one after another are one token
 * @param byteFallback whether unknown characters are written as the tokens of their bytes
 * @param wholeWords whether a word that is a token is taken as it is, whatever the merges say
 */
public record BpeConfig(
        String unknown, String prefix, String suffix, boolean fuseUnknown, boolean byteFallback, boolean wholeWords) {
    /** The configuration of byte-level models. */
    public static final BpeConfig BYTE_LEVEL = new BpeConfig("", "", "", false, false, false);
}
