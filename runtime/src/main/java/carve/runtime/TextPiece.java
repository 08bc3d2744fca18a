package carve.runtime;

/**
 * A part of a text that is being generated.
 *
 * @param text the part; never empty
 */
public record TextPiece(String text) {}
