package carve.models.template;

import java.util.List;

/**
 * A rendered conversation, and what of it the assistant has written.
 *
 * @param text the whole text
 * @param generated what the template's {@code generation} blocks made, in order, not overlapping; empty if it has none
 */
public record RenderedPrompt(String text, List<TextRange> generated) {
    /** Copies the ranges. */
    public RenderedPrompt {
        generated = List.copyOf(generated);
    }
}
