package carve.data;

import carve.testkit.CharacterProcessor;
import java.util.Optional;
import java.util.OptionalInt;

/** A tokenizer of characters, with tokens that begin and end texts. */
class Letters extends CharacterProcessor {
    static final int BEGINNING = 1;
    static final int END = 2;

    @Override
    public int[] encode(String text, boolean addSpecialTokens, boolean parseSpecialTokens) {
        return encode(text);
    }

    @Override
    public OptionalInt beginningToken() {
        return OptionalInt.of(BEGINNING);
    }

    @Override
    public OptionalInt endToken() {
        return OptionalInt.of(END);
    }

    @Override
    public Optional<String> digest() {
        return Optional.of("letters");
    }
}
