package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.Unicode;
import carve.models.tokenizer.WorkBudget;

/** A split into words, and runs of characters that are neither of words nor white space, which is left out. */
public record WordPreTokenizer() implements PreTokenizer {
    @Override
    public void split(Piece piece, WorkBudget budget, PieceSink sink) {
        String text = piece.text();
        budget.spend(text.length());
        int start = 0;
        Kind kind = Kind.SPACE;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            Kind next = Unicode.isWord(c) ? Kind.WORD : Unicode.isWhiteSpace(c) ? Kind.SPACE : Kind.OTHER;
            if (next != kind) {
                if (kind != Kind.SPACE) {
                    sink.piece(piece.part(start, i));
                }
                start = i;
                kind = next;
            }
            i += Character.charCount(c);
        }
        if (kind != Kind.SPACE) {
            sink.piece(piece.part(start, text.length()));
        }
    }

    private enum Kind {
        WORD,
        SPACE,
        OTHER
    }
}
