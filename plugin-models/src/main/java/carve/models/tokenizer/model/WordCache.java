package carve.models.tokenizer.model;

import carve.models.tokenizer.IdBuffer;

/** The ids of words seen lately. Each word has one place, which it shares with others; the last one stays there. */
public final class WordCache {
    /** The number of places. */
    public static final int SIZE = 1 << 13;

    private static final int MAX_WORD = 64;
    private static final int[] NONE = {};

    // entries never change, so that threads may exchange them without locks
    private final Entry[] entries = new Entry[SIZE];

    private record Entry(String word, int[] ids) {}

    /** Returns the ids of a word, or none if they are not known. */
    public int[] ids(String word) {
        Entry entry = entries[slot(word)];
        return entry != null && entry.word.equals(word) ? entry.ids : NONE;
    }

    /** Remembers the ids of a word: those of a buffer from an index on. */
    public void put(String word, IdBuffer ids, int from) {
        if (word.length() <= MAX_WORD && ids.size() > from) {
            entries[slot(word)] = new Entry(word, ids.from(from));
        }
    }

    private static int slot(String word) {
        int hash = word.hashCode();
        return (hash ^ hash >>> 15) & SIZE - 1;
    }
}
