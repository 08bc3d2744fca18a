package carve.models.tokenizer.regex;

import carve.models.tokenizer.WorkBudget;
import java.util.List;
import java.util.Optional;

/**
 * A regular expression of a tokenizer, in the syntax of Oniguruma as the tokenizers library uses it: Ruby's, with {@code ^} and
 * {@code $} at lines, Unicode's character classes, and the sets of characters nested. Back references are not supported.
 *
 * <p>Matching needs no more of the thread's stack for a long text than for a short one, and counts against a {@link WorkBudget}.
 */
public final class Regex {
    private final Program program;
    private final Optional<CharacterSet> first;

    private Regex(Program program, Optional<CharacterSet> first) {
        this.program = program;
        this.first = first;
    }

    /**
     * Returns an expression.
     *
     * @throws carve.models.text.TextException if it is wrong, or has something that is not supported
     */
    public static Regex compile(String pattern) {
        Node node = RegexParser.parse(pattern);
        return new Regex(
                RegexCompiler.compile(node, pattern), FirstCharacters.of(node).map(CharacterSet::tabulated));
    }

    /** Returns the expression that matches a text, which is not empty, and nothing else. */
    public static Regex literal(String text) {
        List<Node> characters = text.codePoints()
                .mapToObj(CharacterSet::of)
                .<Node>map(Node.One::new)
                .toList();
        Node node = new Node.Sequence(characters);
        return new Regex(
                RegexCompiler.compile(node, text), FirstCharacters.of(node).map(CharacterSet::tabulated));
    }

    /** Returns a text with each match replaced. */
    public String replaceAll(String text, String replacement, WorkBudget budget) {
        if (text.isEmpty()) {
            return text;
        }
        StringBuilder result = new StringBuilder();
        int[] end = {0};
        find(text, budget, (start, matchEnd) -> {
            result.append(text, end[0], start).append(replacement);
            end[0] = matchEnd;
            budget.requireLength(result.length());
        });
        return end[0] == 0 && result.isEmpty()
                ? text
                : result.append(text, end[0], text.length()).toString();
    }

    /** A receiver of matches. */
    @FunctionalInterface
    public interface MatchSink {
        /** Takes a match; it may be empty. */
        void match(int start, int end);
    }

    /** Finds the matches of a text from the left to the right. An empty one is left out where another ends. */
    public void find(String text, WorkBudget budget, MatchSink sink) {
        RegexMatcher matcher = new RegexMatcher(text, budget);
        int from = 0;
        int lastEnd = -1;
        while (from <= text.length()) {
            int start = candidate(text, from);
            if (start > text.length()) {
                return;
            }
            budget.spend(start - from);
            int end = matcher.match(program, start);
            if (end < 0) {
                from = afterFailure(text, start);
            } else if (end == start && end == lastEnd) {
                from = next(text, start);
            } else {
                sink.match(start, end);
                from = end;
                lastEnd = end;
            }
        }
    }

    // the next position at which a match can begin
    private int candidate(String text, int from) {
        if (first.isEmpty()) {
            return from;
        }
        int at = from;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            if (first.get().contains(c)) {
                return at;
            }
            at += Character.charCount(c);
        }
        return text.length() + 1;
    }

    // where an expression begins with as many characters of a set as there are, starting at a later one of them fails
    // as well
    private int afterFailure(String text, int start) {
        if (program.instructions[0] instanceof Instruction.Run run
                && run.max() == Integer.MAX_VALUE
                && run.mode() != Node.Mode.LAZY) {
            int at = start;
            while (at < text.length() && run.set().contains(text.codePointAt(at))) {
                at = next(text, at);
            }
            return Math.max(at, next(text, start));
        }
        return next(text, start);
    }

    private static int next(String text, int at) {
        return at < text.length() ? at + Character.charCount(text.codePointAt(at)) : at + 1;
    }
}
