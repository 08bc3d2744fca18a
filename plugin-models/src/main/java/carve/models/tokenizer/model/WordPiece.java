package carve.models.tokenizer.model;

import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;

/** WordPiece (Schuster and Nakajima 2012): the longest token that a word begins with, and so on with the rest of the word. */
public final class WordPiece implements TokenModel {
    private final Vocabulary vocabulary;
    private final String unknown;
    private final int maxCharacters;
    private final Trie trie = new Trie();
    private final int continuation;

    /**
     * Makes a model.
     *
     * @param unknown the token of words that cannot be written
     * @param prefix what the vocabulary writes before a token that does not begin a word
     * @param maxCharacters the length from which on words are unknown, in code points
     */
    public WordPiece(Vocabulary vocabulary, String unknown, String prefix, int maxCharacters) {
        this.vocabulary = vocabulary;
        this.unknown = unknown;
        this.maxCharacters = maxCharacters;
        vocabulary.ids().forEach(trie::put);
        this.continuation = trie.add(prefix);
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public void tokenize(String piece, IdBuffer ids, WorkBudget budget) {
        IdBuffer found = new IdBuffer();
        int start = piece.codePointCount(0, piece.length()) > maxCharacters ? -1 : 0;
        while (start >= 0 && start < piece.length()) {
            start = longest(piece, start, found, budget);
        }
        if (start < 0) {
            ids.add(WordLevel.required(vocabulary, unknown));
        } else {
            ids.addAll(found.toArray());
        }
    }

    // appends the longest token that begins at a place and returns where it ends, or -1 if there is none
    private int longest(String piece, int start, IdBuffer found, WorkBudget budget) {
        int node = start == 0 ? Trie.ROOT : continuation;
        int end = -1;
        int id = Trie.NONE;
        int at = start;
        while (at < piece.length() && (node = trie.next(node, piece.charAt(at))) != Trie.NONE) {
            at++;
            if (trie.value(node) != Trie.NONE) {
                end = at;
                id = trie.value(node);
            }
        }
        budget.spend(at - start + 1);
        if (end > 0) {
            found.add(id);
        }
        return end;
    }
}
