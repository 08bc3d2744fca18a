package carve.models.tokenizer.model;

import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;

/** The step that makes token ids of a piece of a text. Implementations are thread-safe. */
public sealed interface TokenModel permits Bpe, Unigram, WordLevel, WordPiece {
    /**
     * Appends the ids of a piece that is not empty.
     *
     * @throws carve.models.text.TextException if the piece cannot be written with the vocabulary, or the budget does not suffice
     */
    void tokenize(String piece, IdBuffer ids, WorkBudget budget);

    /** Returns the tokens. */
    Vocabulary vocabulary();
}
