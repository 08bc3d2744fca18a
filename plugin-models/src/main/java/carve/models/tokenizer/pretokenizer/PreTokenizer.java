package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;

/** A step that splits a text into pieces, each of which the model takes by itself. */
public sealed interface PreTokenizer
        permits BertPreTokenizer,
                ByteLevelPreTokenizer,
                CharacterPreTokenizer,
                FixedLengthPreTokenizer,
                MetaspacePreTokenizer,
                PreTokenizerSequence,
                RegexPreTokenizer,
                UnicodeScriptsPreTokenizer,
                WordPreTokenizer {
    /**
     * Splits a piece that is not empty, and hands the parts on from the left to the right; none of them is empty.
     *
     * @throws carve.models.text.TextException if the budget does not suffice
     */
    void split(Piece piece, WorkBudget budget, PieceSink sink);

    /** A receiver of pieces. */
    @FunctionalInterface
    interface PieceSink {
        /** Takes a piece. */
        void piece(Piece piece);
    }
}
