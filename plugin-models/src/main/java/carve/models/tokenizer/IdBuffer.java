package carve.models.tokenizer;

import java.util.Arrays;

/** A growing list of token ids. */
public final class IdBuffer {
    private int[] ids = new int[64];
    private int size;

    /** Appends an id. */
    public void add(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
        }
        ids[size++] = id;
    }

    /** Appends ids. */
    public void addAll(int... more) {
        if (size + more.length > ids.length) {
            ids = Arrays.copyOf(ids, Math.max(size + more.length, size * 2));
        }
        System.arraycopy(more, 0, ids, size, more.length);
        size += more.length;
    }

    /** Returns the number of ids. */
    public int size() {
        return size;
    }

    /** Returns the ids from an index on. */
    public int[] from(int start) {
        return Arrays.copyOfRange(ids, start, size);
    }

    /** Returns all ids. */
    public int[] toArray() {
        return from(0);
    }
}
