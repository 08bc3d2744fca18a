package carve.runtime.eval.recall;

import carve.api.text.Processor;

/** Counts the tokens of a text; thread-safe as far as the tokenizer underneath is. */
@FunctionalInterface
public interface TokenCounter {
    /** Counts words between white space, for texts that are made without a tokenizer. */
    TokenCounter WORDS = text -> text.isBlank() ? 0 : text.strip().split("\\s+").length;

    /** Returns the number of tokens. */
    int count(String text);

    /** Returns the counter of a model's tokenizer, with the tokens that it puts around texts. */
    static TokenCounter of(Processor processor) {
        return text -> processor.encode(text).length;
    }
}
