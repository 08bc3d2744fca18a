package carve.runtime;

import java.util.List;

/**
 * A filter that ends a text before the first stop text. What may be the beginning of a stop text is held back until it is known
 * whether it is one. Confined to one thread.
 */
final class StopTextFilter {
    private final List<String> stop;
    private final StringBuilder pending = new StringBuilder();
    private boolean stopped;

    StopTextFilter(List<String> stop) {
        this.stop = stop;
    }

    /** Returns the part of the text so far that can be shown now and has not been returned before. */
    String push(String text) {
        if (stopped) {
            return "";
        }
        pending.append(text);
        int end = stop.stream()
                .mapToInt(pending::indexOf)
                .filter(index -> index >= 0)
                .min()
                .orElse(-1);
        stopped = end >= 0;
        return take(stopped ? end : pending.length() - heldBack());
    }

    /** Returns the rest of the text at its end. */
    String flush() {
        return stopped ? "" : take(pending.length());
    }

    /** Returns whether a stop text was found. */
    boolean stopped() {
        return stopped;
    }

    private String take(int length) {
        String text = pending.substring(0, length);
        pending.delete(0, length);
        return text;
    }

    // the length of the longest end of the text that is the beginning of a stop text
    private int heldBack() {
        int longest = 0;
        for (String text : stop) {
            int length = Math.min(text.length() - 1, pending.length());
            while (length > longest && !text.startsWith(pending.substring(pending.length() - length))) {
                length--;
            }
            longest = Math.max(longest, length);
        }
        return longest;
    }
}
