package carve.models.tokenizer.regex;

import carve.models.text.TextException;
import java.util.ArrayList;
import java.util.List;

/** A parser of expressions in Oniguruma's syntax as Ruby has it; whatever it does not know, it refuses. */
final class RegexParser {
    private static final int MAX_LENGTH = 1 << 16;
    private static final int MAX_DEPTH = 64;
    private static final int MAX_REPEAT = 100_000;

    private final PatternCursor cursor;
    private final CharacterClassParser classes;
    private int depth;
    private boolean ignoreCase;
    private boolean dotMatchesNewline;

    private RegexParser(String pattern) {
        this.cursor = new PatternCursor(pattern);
        this.classes = new CharacterClassParser(cursor);
    }

    /**
     * Returns the tree of an expression.
     *
     * @throws TextException if it is wrong, or has something that is not supported
     */
    static Node parse(String pattern) {
        if (pattern.length() > MAX_LENGTH) {
            throw new TextException("tokenizer: an expression of %d characters is not supported; the most is %d"
                    .formatted(pattern.length(), MAX_LENGTH));
        }
        RegexParser parser = new RegexParser(pattern);
        Node node = parser.alternation();
        if (parser.cursor.more()) {
            throw parser.cursor.error("unmatched )");
        }
        return node;
    }

    private Node alternation() {
        if (++depth > MAX_DEPTH) {
            throw cursor.error("groups are nested more than %d deep".formatted(MAX_DEPTH));
        }
        boolean outerCase = ignoreCase;
        boolean outerDot = dotMatchesNewline;
        List<Node> branches = new ArrayList<>();
        do {
            branches.add(sequence());
        } while (cursor.accept('|'));
        ignoreCase = outerCase;
        dotMatchesNewline = outerDot;
        depth--;
        return branches.size() == 1 ? branches.getFirst() : new Node.Alternation(List.copyOf(branches));
    }

    private Node sequence() {
        List<Node> nodes = new ArrayList<>();
        while (cursor.more() && cursor.peek() != '|' && cursor.peek() != ')') {
            nodes.add(quantified(atom()));
        }
        return nodes.size() == 1 ? nodes.getFirst() : new Node.Sequence(List.copyOf(nodes));
    }

    private Node atom() {
        int c = cursor.next();
        return switch (c) {
            case '(' -> group();
            case '[' -> one(classes.set());
            case '.' ->
                new Node.One(
                        dotMatchesNewline
                                ? CharacterSet.range(0, Character.MAX_CODE_POINT)
                                : CharacterSet.not(CharacterSet.of('\n')));
            case '^' -> new Node.Anchor(Node.Place.LINE_START);
            case '$' -> new Node.Anchor(Node.Place.LINE_END);
            case '*', '+', '?' -> throw cursor.error("nothing to repeat");
            case '\\' -> escape();
            default -> one(CharacterSet.of(c));
        };
    }

    private Node one(CharacterSet set) {
        return new Node.One(ignoreCase ? CharacterSet.ignoreCase(set) : set);
    }

    private Node escape() {
        if (!cursor.more()) {
            throw cursor.error("nothing after \\");
        }
        return switch (cursor.peek()) {
            case 'A' -> anchor(Node.Place.TEXT_START);
            case 'z' -> anchor(Node.Place.TEXT_END);
            case 'Z' -> anchor(Node.Place.TEXT_END_OR_LAST_NEWLINE);
            case 'b' -> anchor(Node.Place.WORD_BOUNDARY);
            case 'B' -> anchor(Node.Place.NO_WORD_BOUNDARY);
            case 'R' -> {
                cursor.next();
                yield lineBreak();
            }
            default -> one(classes.escape());
        };
    }

    private Node anchor(Node.Place place) {
        cursor.next();
        return new Node.Anchor(place);
    }

    private static Node lineBreak() {
        CharacterSet single = new CharacterSet.Ranges('\n', '\r', 0x85, 0x85, 0x2028, 0x2029);
        Node both =
                new Node.Sequence(List.of(new Node.One(CharacterSet.of('\r')), new Node.One(CharacterSet.of('\n'))));
        return new Node.Atomic(new Node.Alternation(List.of(both, new Node.One(single))));
    }

    private Node group() {
        if (!cursor.accept('?')) {
            return close(alternation());
        }
        if (cursor.accept("<=") || cursor.accept("<!")) {
            boolean negative = cursor.previous() == '!';
            return new Node.Look(close(alternation()), true, negative);
        }
        int c = cursor.next();
        return switch (c) {
            case ':' -> close(alternation());
            case '>' -> new Node.Atomic(close(alternation()));
            case '=', '!' -> new Node.Look(close(alternation()), false, c == '!');
            case '<' -> {
                cursor.skipPast('>');
                yield close(alternation());
            }
            case '#' -> {
                cursor.skipPast(')');
                yield new Node.Sequence(List.of());
            }
            default -> options(c);
        };
    }

    // (?i), (?m), (?i:...), (?-i:...); without a colon they hold to the end of the group
    private Node options(int first) {
        boolean on = true;
        boolean outerCase = ignoreCase;
        boolean outerDot = dotMatchesNewline;
        for (int c = first; c != ')' && c != ':'; c = cursor.next()) {
            switch (c) {
                case '-' -> on = false;
                case 'i' -> ignoreCase = on;
                case 'm' -> dotMatchesNewline = on;
                default -> throw cursor.error("the group (?%s is not supported".formatted(Character.toString(c)));
            }
        }
        if (cursor.previous() == ')') {
            // the rest of the group, with all its branches
            return alternationWithin();
        }
        Node node = close(alternation());
        ignoreCase = outerCase;
        dotMatchesNewline = outerDot;
        return node;
    }

    private Node alternationWithin() {
        List<Node> branches = new ArrayList<>();
        do {
            branches.add(sequence());
        } while (cursor.accept('|'));
        return new Node.Alternation(List.copyOf(branches));
    }

    private Node close(Node node) {
        if (!cursor.accept(')')) {
            throw cursor.error("missing )");
        }
        return node;
    }

    private Node quantified(Node atom) {
        Node node = atom;
        while (cursor.more()) {
            if (cursor.accept('*')) {
                node = withMode(node, 0, Integer.MAX_VALUE);
            } else if (cursor.accept('+')) {
                node = withMode(node, 1, Integer.MAX_VALUE);
            } else if (cursor.accept('?')) {
                node = withMode(node, 0, 1);
            } else {
                int[] interval = cursor.interval();
                if (interval.length == 0) {
                    return node;
                }
                node = repeated(node, interval[0], interval[1]);
            }
        }
        return node;
    }

    private Node withMode(Node node, int min, int max) {
        Node.Mode mode =
                cursor.accept('?') ? Node.Mode.LAZY : cursor.accept('+') ? Node.Mode.POSSESSIVE : Node.Mode.GREEDY;
        return new Node.Repeat(node, min, max, mode);
    }

    // {n,m}? is lazy, {n}? is optional, and a + after braces is another quantifier
    private Node repeated(Node node, int min, int max) {
        if (min > max || min > MAX_REPEAT || max > MAX_REPEAT && max != Integer.MAX_VALUE) {
            throw cursor.error("invalid {%d,%d}".formatted(min, max));
        }
        boolean lazy = min != max && cursor.accept('?');
        return new Node.Repeat(node, min, max, lazy ? Node.Mode.LAZY : Node.Mode.GREEDY);
    }
}
