package carve.models.text;

import carve.api.text.Processor;
import java.util.Arrays;

/**
 * A detokenizer of ids that come one by one, for streaming.
 *
 * <p>The returned pieces, concatenated, are the {@link Tokenizer#decode} of all ids. A character whose bytes are spread
 * over several ids is held back until it is complete. Not thread-safe.
 */
public final class IncrementalDetokenizer implements Processor.TextStream {
    private static final char REPLACEMENT = '\uFFFD';
    // a character has at most four bytes, and an id at least one: more ids do not complete a character
    private static final int LONGEST_WAIT = 4;

    private final Tokenizer tokenizer;
    // the ids of the last piece, which decide about spaces between pieces, and the ids that are held back
    private int[] window = new int[0];
    private int shown;

    IncrementalDetokenizer(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    @Override
    public String push(int token) {
        window = Arrays.copyOf(window, window.length + 1);
        window[window.length - 1] = token;
        String text = pending();
        boolean incomplete = text.isEmpty() || text.charAt(text.length() - 1) == REPLACEMENT;
        return incomplete && window.length - shown < LONGEST_WAIT ? "" : show(text);
    }

    /** Returns the text that was held back, incomplete characters as U+FFFD. */
    @Override
    public String flush() {
        return show(pending());
    }

    private String pending() {
        String before = tokenizer.decode(Arrays.copyOf(window, shown));
        String all = tokenizer.decode(window);
        return all.substring(Math.min(before.length(), all.length()));
    }

    private String show(String text) {
        if (!text.isEmpty()) {
            window = Arrays.copyOfRange(window, shown, window.length);
            shown = window.length;
        }
        return text;
    }
}
