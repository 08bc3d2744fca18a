package carve.models.tokenizer.model;

import carve.models.text.TextException;
import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;

/**
 * A token for each whole word.
 *
 * @param vocabulary the words
 * @param unknown the token of all others
 */
public record WordLevel(Vocabulary vocabulary, String unknown) implements TokenModel {
    @Override
    public void tokenize(String piece, IdBuffer ids, WorkBudget budget) {
        budget.spend(piece.length());
        int id = vocabulary.id(piece);
        ids.add(id >= 0 ? id : required(vocabulary, unknown));
    }

    static int required(Vocabulary vocabulary, String unknown) {
        int id = vocabulary.id(unknown);
        if (id < 0) {
            throw new TextException("tokenizer: the vocabulary has no token '%s' for unknown words".formatted(unknown));
        }
        return id;
    }
}
