package carve.models.tokenizer.model;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Merges of pairs of tokens: of each its rank, best one first, and the token that it makes. A hash table without boxes. */
final class MergeTable {
    private static final long EMPTY = -1;

    private final long[] keys;
    private final int[] ranks;
    private final int[] results;
    private final int mask;
    // drawn, so that nobody can make a vocabulary whose pairs all meet in one place
    private final long multiplier = new SplittableRandom().nextLong() | 1;

    MergeTable(int merges) {
        int capacity = Integer.highestOneBit(Math.max(merges, 8)) << 2;
        keys = new long[capacity];
        Arrays.fill(keys, EMPTY);
        ranks = new int[capacity];
        results = new int[capacity];
        mask = capacity - 1;
    }

    /** Adds a merge; a later one of the same pair replaces it. */
    void put(int left, int right, int rank, int result) {
        int slot = slot(left, right);
        keys[slot] = key(left, right);
        ranks[slot] = rank;
        results[slot] = result;
    }

    /** Returns the slot of a pair, or -1 if it is not merged. */
    int find(int left, int right) {
        int slot = slot(left, right);
        return keys[slot] == EMPTY ? -1 : slot;
    }

    int rank(int slot) {
        return ranks[slot];
    }

    int result(int slot) {
        return results[slot];
    }

    private int slot(int left, int right) {
        long key = key(left, right);
        int slot = (int) (key * multiplier >>> 33) & mask;
        while (keys[slot] != key && keys[slot] != EMPTY) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private static long key(int left, int right) {
        return (long) left << 32 | right;
    }
}
