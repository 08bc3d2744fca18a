package carve.models.template.value;

import java.util.ArrayList;
import java.util.List;

/** The methods of {@code str} that split. */
final class StringSplitting {
    private static final Signature SPLIT = Signature.of("split", 0, "sep=", "maxsplit=");
    private static final Signature LINES = Signature.of("splitlines", 0, "keepends=");
    private static final Signature TABS = Signature.of("expandtabs", 0, "tabsize=");

    private final Budget budget;

    StringSplitting(Budget budget) {
        this.budget = budget;
    }

    Value split(StringValue self, MethodCall call) {
        int given =
                call.arguments().positional().size() + call.arguments().named().size();
        if (given > 2) {
            throw PythonException.type("%s() takes at most 2 arguments (%d given)".formatted(call.name(), given));
        }
        Signature.Bound bound = SPLIT.bind(call.arguments());
        long most = bound.optional(1).map(Numbers::clampedLong).orElse(-1L);
        long limit = most < 0 ? Long.MAX_VALUE : most;
        boolean fromRight = call.name().equals("rsplit");
        Value separator = bound.optional(0).orElse(NoneValue.NONE);
        if (separator == NoneValue.NONE) {
            return list(self, fromRight ? wordsFromRight(self.text(), limit) : words(self.text(), limit));
        }
        if (!(separator instanceof StringValue s)) {
            throw PythonException.type("must be str or None, not " + separator.typeName());
        }
        if (s.text().isEmpty()) {
            throw PythonException.value("empty separator");
        }
        return list(
                self, fromRight ? partsFromRight(self.text(), s.text(), limit) : parts(self.text(), s.text(), limit));
    }

    private Value list(StringValue self, List<String> parts) {
        budget.list(parts.size());
        return ListValue.of(parts.stream().map(self::with).toList());
    }

    private static List<String> parts(String text, String separator, long limit) {
        List<String> parts = new ArrayList<>();
        int at = 0;
        int found;
        while (parts.size() < limit && (found = text.indexOf(separator, at)) >= 0) {
            parts.add(text.substring(at, found));
            at = found + separator.length();
        }
        parts.add(text.substring(at));
        return parts;
    }

    private static List<String> partsFromRight(String text, String separator, long limit) {
        List<String> parts = new ArrayList<>();
        int end = text.length();
        int found;
        while (parts.size() < limit && (found = text.lastIndexOf(separator, end - separator.length())) >= 0) {
            parts.add(text.substring(found + separator.length(), end));
            end = found;
            if (end < separator.length()) {
                break;
            }
        }
        parts.add(text.substring(0, end));
        return parts.reversed();
    }

    private static List<String> words(String text, long limit) {
        List<String> words = new ArrayList<>();
        String rest = Characters.strip(text, Characters::isSpace, true, false);
        while (!rest.isEmpty()) {
            int end = 0;
            while (end < rest.length() && !Characters.isSpace(rest.codePointAt(end))) {
                end += Character.charCount(rest.codePointAt(end));
            }
            if (words.size() >= limit) {
                words.add(Characters.strip(rest, Characters::isSpace, false, true));
                return words;
            }
            words.add(rest.substring(0, end));
            rest = Characters.strip(rest.substring(end), Characters::isSpace, true, false);
        }
        return words;
    }

    private static List<String> wordsFromRight(String text, long limit) {
        List<String> words = new ArrayList<>();
        String rest = Characters.strip(text, Characters::isSpace, false, true);
        while (!rest.isEmpty()) {
            int start = rest.length();
            while (start > 0 && !Characters.isSpace(rest.codePointBefore(start))) {
                start -= Character.charCount(rest.codePointBefore(start));
            }
            if (words.size() >= limit) {
                words.add(Characters.strip(rest, Characters::isSpace, true, false));
                break;
            }
            words.add(rest.substring(start));
            rest = Characters.strip(rest.substring(0, start), Characters::isSpace, false, true);
        }
        return words.reversed();
    }

    Value lines(StringValue self, Arguments arguments) {
        return list(self, lines(self.text(), LINES.bind(arguments).flag(0)));
    }

    /** Returns the lines of a text, with their ends or without. */
    static List<String> lines(String text, boolean keepEnds) {
        List<String> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            if (Characters.isLineEnd(text.charAt(i))) {
                int end = i;
                i += text.startsWith("\r\n", i) ? 1 : 0;
                lines.add(text.substring(start, keepEnds ? i + 1 : end));
                start = i + 1;
            }
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        return lines;
    }

    Value partitioned(StringValue self, MethodCall call) {
        Value separator = call.one();
        if (!(separator instanceof StringValue s)) {
            throw PythonException.type("must be str, not " + separator.typeName());
        }
        if (s.text().isEmpty()) {
            throw PythonException.value("empty separator");
        }
        boolean fromRight = call.name().equals("rpartition");
        String text = self.text();
        int found = fromRight ? text.lastIndexOf(s.text()) : text.indexOf(s.text());
        if (found < 0) {
            return fromRight
                    ? TupleValue.of(self.with(""), self.with(""), self)
                    : TupleValue.of(self, self.with(""), self.with(""));
        }
        return TupleValue.of(
                self.with(text.substring(0, found)),
                self.with(s.text()),
                self.with(text.substring(found + s.text().length())));
    }

    Value expanded(StringValue self, Arguments arguments) {
        long size = TABS.bind(arguments).optional(0).map(Numbers::clampedLong).orElse(8L);
        TextBuilder out = new TextBuilder(budget);
        long column = 0;
        for (int c : self.text().codePoints().toArray()) {
            if (c == '\t') {
                long blanks = size > 0 ? size - column % size : 0;
                out.repeat(" ", blanks);
                column += blanks;
            } else {
                out.append(Character.toString(c));
                column = c == '\n' || c == '\r' ? 0 : column + 1;
            }
        }
        return self.with(out.toString());
    }
}
