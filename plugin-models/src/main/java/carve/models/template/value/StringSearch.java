package carve.models.template.value;

import java.util.List;

/** The methods of {@code str} that look for a part. */
final class StringSearch {
    private final Budget budget;

    StringSearch(Budget budget) {
        this.budget = budget;
    }

    Value replaced(StringValue self, MethodCall call) {
        String old = call.text(0);
        String other =
                self.markup() && call.at(1).orElseThrow() instanceof StringValue s ? Markup.escape(s) : call.text(1);
        long most = call.at(2).isPresent() ? call.integer(2) : -1;
        return self.with(replaced(self.text(), old, other, most));
    }

    /** Returns the text with a part exchanged; at most so often, or everywhere if that is negative. */
    String replaced(String text, String old, String other, long most) {
        budget.text(text.length());
        if (most == 0 || !text.contains(old)) {
            return text;
        }
        TextBuilder out = new TextBuilder(budget);
        long left = most < 0 ? Long.MAX_VALUE : most;
        int at = 0;
        while (left > 0) {
            int found = text.indexOf(old, at);
            if (found < 0) {
                break;
            }
            left--;
            out.append(text.substring(at, found)).append(other);
            at = found + old.length();
            if (old.isEmpty()) {
                if (at >= text.length()) {
                    return out.toString();
                }
                int end = text.offsetByCodePoints(at, 1);
                out.append(text.substring(at, end));
                at = end;
            }
            budget.spend(1);
        }
        return out.append(text.substring(at)).toString();
    }

    Value found(String text, MethodCall call) {
        Window window = Window.of(text, call);
        if (!(call.at(0).orElseThrow() instanceof StringValue wanted)) {
            throw PythonException.type(
                    "must be str, not " + call.at(0).orElseThrow().typeName());
        }
        String part = wanted.text();
        if (window.isBeyond()) {
            return notFound(call.name());
        }
        String inside = window.text();
        if (call.name().equals("count")) {
            return IntegerValue.of(count(inside, part));
        }
        int at = call.name().startsWith("r") ? inside.lastIndexOf(part) : inside.indexOf(part);
        return at < 0
                ? notFound(call.name())
                : IntegerValue.of(window.start() + Characters.count(inside.substring(0, at)));
    }

    private static Value notFound(String method) {
        if (method.endsWith("index")) {
            throw PythonException.value("substring not found");
        }
        return IntegerValue.of(method.equals("count") ? 0 : -1);
    }

    private static long count(String text, String part) {
        if (part.isEmpty()) {
            return Characters.count(text) + 1L;
        }
        long count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    boolean affixed(String text, MethodCall call) {
        Window window = Window.of(text, call);
        Value affix = call.at(0).orElseThrow();
        List<Value> affixes = affix instanceof TupleValue tuple ? tuple.items() : List.of(affix);
        for (Value one : affixes) {
            if (!(one instanceof StringValue s)) {
                throw PythonException.type(
                        affix instanceof TupleValue
                                ? "tuple for %s must only contain str, not %s".formatted(call.name(), one.typeName())
                                : "%s first arg must be str or a tuple of str, not %s"
                                        .formatted(call.name(), one.typeName()));
            }
            boolean fits = !window.isBeyond()
                    && (call.name().equals("startswith")
                            ? window.text().startsWith(s.text())
                            : window.text().endsWith(s.text()));
            if (fits) {
                return true;
            }
        }
        return false;
    }

    /** The part of a text between the second and the third argument of a method. */
    private record Window(String text, int start, boolean isBeyond) {
        static Window of(String text, MethodCall call) {
            int count = Characters.count(text);
            long start = bound(call, 1, 0, count);
            long end = Math.min(count, bound(call, 2, count, count));
            if (start > end) {
                return new Window("", (int) Math.min(start, count), true);
            }
            int from = text.offsetByCodePoints(0, (int) start);
            return new Window(
                    text.substring(from, text.offsetByCodePoints(from, (int) (end - start))), (int) start, false);
        }

        private static long bound(MethodCall call, int index, long otherwise, int count) {
            if (call.at(index).filter(value -> value != NoneValue.NONE).isEmpty()) {
                return otherwise;
            }
            if (!Numbers.isInteger(call.at(index).orElseThrow())) {
                throw PythonException.type("slice indices must be integers or None or have an __index__ method");
            }
            long at = call.integer(index);
            return at < 0 ? Math.max(0, at + count) : at;
        }
    }
}
