package carve.models.tokenizer.sentencepiece;

import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.model.Trie;
import java.util.List;

/** The search for the symbols of a model that its users defined, which are never split. */
final class PrefixMatcher {
    private final Trie trie = new Trie();

    PrefixMatcher(List<String> symbols) {
        symbols.forEach(symbol -> trie.put(symbol, 0));
    }

    /** Returns whether a symbol begins with a character. */
    boolean begins(char c) {
        return trie.next(Trie.ROOT, c) != Trie.NONE;
    }

    /** Returns the length of the longest symbol at a place of a text, or 0. */
    int match(String text, int from, WorkBudget budget) {
        int node = Trie.ROOT;
        int best = 0;
        int at = from;
        while (at < text.length() && (node = trie.next(node, text.charAt(at))) != Trie.NONE) {
            at++;
            best = trie.value(node) == Trie.NONE ? best : at - from;
        }
        budget.spend(at - from + 1);
        return best;
    }
}
