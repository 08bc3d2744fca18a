package carve.models.tokenizer.model;

import java.util.Arrays;

/** A queue that gives the least value first. */
public final class LongHeap {
    private long[] values;
    private int size;

    /** Makes an empty queue. */
    public LongHeap(int expected) {
        values = new long[Math.max(expected, 16)];
    }

    /** Returns whether there is no value. */
    public boolean isEmpty() {
        return size == 0;
    }

    /** Adds a value. */
    public void add(long value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size + (size >> 1));
        }
        int at = size++;
        while (at > 0 && values[at - 1 >> 1] > value) {
            values[at] = values[at - 1 >> 1];
            at = at - 1 >> 1;
        }
        values[at] = value;
    }

    /** Takes the least value out. */
    public long remove() {
        long top = values[0];
        long last = values[--size];
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && values[child + 1] < values[child]) {
                child++;
            }
            if (values[child] >= last) {
                break;
            }
            values[at] = values[child];
            at = child;
        }
        values[at] = last;
        return top;
    }
}
