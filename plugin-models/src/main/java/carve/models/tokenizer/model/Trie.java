package carve.models.tokenizer.model;

import carve.models.text.TextException;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Texts by their chars, with a number each. Transitions of all nodes are in one hash table. */
public final class Trie {
    /** The node of the empty text. */
    public static final int ROOT = 0;
    /** The node of texts that nothing begins with. */
    public static final int NONE = -1;

    private static final int MAX_NODES = 1 << 25;

    private long[] keys = new long[1 << 10];
    private int[] targets = new int[1 << 10];
    private int[] values = new int[1 << 8];
    private int nodes = 1;
    // drawn, so that nobody can make a vocabulary whose transitions all meet in one place
    private final long multiplier = new SplittableRandom().nextLong() | 1;

    /** Makes an empty trie. */
    public Trie() {
        Arrays.fill(values, NONE);
    }

    /**
     * Puts a text in, with a number that is not negative; a later one replaces it.
     *
     * @return its node
     * @throws TextException if there are too many
     */
    public int put(String text, int value) {
        int node = add(text);
        values[node] = value;
        return node;
    }

    /** Returns the node of a text, which is made if it is not there. */
    public int add(String text) {
        int node = ROOT;
        for (int i = 0; i < text.length(); i++) {
            node = child(node, text.charAt(i));
        }
        return node;
    }

    private int child(int node, char c) {
        long key = key(node, c);
        int slot = slot(key);
        if (keys[slot] == key) {
            return targets[slot];
        }
        if (nodes >= MAX_NODES) {
            throw new TextException("tokenizer: the vocabulary is too large");
        }
        int child = nodes++;
        keys[slot] = key;
        targets[slot] = child;
        if (child >= values.length) {
            values = Arrays.copyOf(values, values.length * 2);
            Arrays.fill(values, child, values.length, NONE);
        }
        if (nodes > keys.length / 2) {
            grow();
        }
        return child;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldTargets = targets;
        keys = new long[oldKeys.length * 2];
        targets = new int[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != 0) {
                int slot = slot(oldKeys[i]);
                keys[slot] = oldKeys[i];
                targets[slot] = oldTargets[i];
            }
        }
    }

    /** Returns the node that a char leads to, or {@link #NONE}. */
    public int next(int node, char c) {
        long key = key(node, c);
        int slot = slot(key);
        return keys[slot] == key ? targets[slot] : NONE;
    }

    /** Returns the number of the text that a node stands for, or {@link #NONE}. */
    public int value(int node) {
        return values[node];
    }

    /** Returns the number of nodes. */
    public int nodes() {
        return nodes;
    }

    private int slot(long key) {
        int mask = keys.length - 1;
        int slot = (int) (key * multiplier >>> 33) & mask;
        while (keys[slot] != key && keys[slot] != 0) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    // never zero
    private static long key(int node, char c) {
        return (long) (node + 1) << 16 | c;
    }
}
