package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.Unicode;
import carve.models.tokenizer.WorkBudget;

/** BERT's split: at white space, which is left out, and around punctuation. */
public record BertPreTokenizer() implements PreTokenizer {
    private static final PreTokenizer WORDS = new CharacterPreTokenizer(Unicode::isWhiteSpace, SplitBehavior.REMOVED);
    private static final PreTokenizer PUNCTUATION =
            new CharacterPreTokenizer(Unicode::isPunctuation, SplitBehavior.ISOLATED);

    @Override
    public void split(Piece piece, WorkBudget budget, PieceSink sink) {
        WORDS.split(piece, budget, word -> PUNCTUATION.split(word, budget, sink));
    }
}
