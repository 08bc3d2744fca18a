package carve.models.tokenizer.pretokenizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;
import java.lang.Character.UnicodeScript;

/** A split where the script changes; spaces have none, Hiragana and Katakana count as Han. Spaces at the beginning are left out. */
public record UnicodeScriptsPreTokenizer() implements PreTokenizer {
    private static final int PROLONGED_SOUND_MARK = 0x30FC;

    @Override
    public void split(Piece piece, WorkBudget budget, PieceSink sink) {
        String text = piece.text();
        budget.spend(text.length());
        UnicodeScript last = UnicodeScript.UNKNOWN;
        int start = -1;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            UnicodeScript script = script(c);
            if (script != UnicodeScript.UNKNOWN) {
                if (script != last && start >= 0) {
                    sink.piece(piece.part(start, i));
                }
                start = script == last ? start : i;
                last = script;
            }
            i += Character.charCount(c);
        }
        if (start >= 0) {
            sink.piece(piece.part(start, text.length()));
        }
    }

    private static UnicodeScript script(int c) {
        if (c == ' ') {
            return UnicodeScript.UNKNOWN;
        }
        UnicodeScript script = UnicodeScript.of(c);
        return c == PROLONGED_SOUND_MARK || script == UnicodeScript.HIRAGANA || script == UnicodeScript.KATAKANA
                ? UnicodeScript.HAN
                : script;
    }
}
