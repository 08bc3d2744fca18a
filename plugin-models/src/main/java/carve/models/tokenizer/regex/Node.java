package carve.models.tokenizer.regex;

import java.util.List;
import java.util.OptionalInt;

/** A part of a parsed expression. */
sealed interface Node {
    /** Any one character of a set. */
    record One(CharacterSet set) implements Node {}

    /** Nodes one after another. */
    record Sequence(List<Node> nodes) implements Node {}

    /** Nodes of which the first that leads to a match is taken. */
    record Alternation(List<Node> nodes) implements Node {}

    /**
     * A node several times.
     *
     * @param max {@link Integer#MAX_VALUE} if there is no limit
     */
    record Repeat(Node node, int min, int max, Mode mode) implements Node {}

    /** A condition on the text after a position, or before it. */
    record Look(Node node, boolean behind, boolean negative) implements Node {}

    /** A node whose first match is final. */
    record Atomic(Node node) implements Node {}

    /** A position. */
    record Anchor(Place place) implements Node {}

    /** Ways to choose a number of repetitions. */
    enum Mode {
        GREEDY,
        LAZY,
        POSSESSIVE
    }

    /** Positions in a text. */
    enum Place {
        LINE_START,
        LINE_END,
        TEXT_START,
        TEXT_END,
        TEXT_END_OR_LAST_NEWLINE,
        WORD_BOUNDARY,
        NO_WORD_BOUNDARY
    }

    /** Returns the number of characters that a match has, if all have the same. */
    static OptionalInt width(Node node) {
        return switch (node) {
            case One _ -> OptionalInt.of(1);
            case Look _, Anchor _ -> OptionalInt.of(0);
            case Atomic(Node inner) -> width(inner);
            case Sequence(List<Node> nodes) -> {
                int sum = 0;
                for (Node part : nodes) {
                    OptionalInt width = width(part);
                    if (width.isEmpty()) {
                        yield width;
                    }
                    sum += width.getAsInt();
                }
                yield OptionalInt.of(sum);
            }
            case Alternation(List<Node> nodes) -> {
                long widths = nodes.stream().map(Node::width).distinct().count();
                yield widths == 1 ? width(nodes.getFirst()) : OptionalInt.empty();
            }
            case Repeat repeat -> {
                OptionalInt width = width(repeat.node());
                yield repeat.min() == repeat.max() && width.isPresent()
                        ? OptionalInt.of(repeat.min() * width.getAsInt())
                        : OptionalInt.empty();
            }
        };
    }
}
