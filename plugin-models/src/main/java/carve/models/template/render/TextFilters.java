package carve.models.template.render;

import carve.models.template.value.Arguments;
import carve.models.template.value.Characters;
import carve.models.template.value.DictValue;
import carve.models.template.value.FunctionValue;
import carve.models.template.value.IntegerValue;
import carve.models.template.value.Iteration;
import carve.models.template.value.ListValue;
import carve.models.template.value.NoneValue;
import carve.models.template.value.Numbers;
import carve.models.template.value.PythonException;
import carve.models.template.value.Signature;
import carve.models.template.value.StringValue;
import carve.models.template.value.TextBuilder;
import carve.models.template.value.TupleValue;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The filters of text. */
final class TextFilters {
    private static final int DEFAULT_INDENT = 4;

    private TextFilters() {}

    static void addTo(Map<String, Filter> all) {
        for (String name : List.of("upper", "lower", "capitalize")) {
            all.put(
                    name,
                    Filter.of(
                            Signature.of("do_" + name, 0, "s"),
                            (tools, a) -> method(tools, soft(tools, a.at(0)), name)));
        }
        all.put("title", Filter.of(Signature.of("do_title", 0, "s"), TextFilters::title));
        all.put(
                "trim",
                Filter.of(
                        Signature.of("do_trim", 0, "value", "chars="),
                        (tools, a) -> method(
                                tools,
                                soft(tools, a.at(0)),
                                "strip",
                                a.optional(1).orElse(NoneValue.NONE))));
        all.put(
                "center",
                Filter.of(
                        Signature.of("do_center", 0, "value", "width="),
                        (tools, a) -> method(
                                tools,
                                soft(tools, a.at(0)),
                                "center",
                                a.optional(1).orElse(IntegerValue.of(80)))));
        all.put("string", Filter.of(Signature.of("soft_str", 0, "s"), (tools, a) -> soft(tools, a.at(0))));
        all.put("replace", Filter.of(Signature.of("do_replace", 1, "s", "old", "new", "count="), TextFilters::replace));
        all.put("format", TextFilters::format);
        all.put(
                "indent",
                Filter.of(Signature.of("do_indent", 0, "s", "width=", "first=", "blank="), TextFilters::indent));
        all.put(
                "truncate",
                Filter.of(
                        Signature.of("do_truncate", 1, "s", "length=", "killwords=", "end=", "leeway="),
                        TextFilters::truncate));
        all.put("wordcount", Filter.of(Signature.of("do_wordcount", 0, "s"), TextFilters::wordCount));
        all.put("urlencode", Filter.of(Signature.of("do_urlencode", 0, "value"), TextFilters::urlEncode));
    }

    /** Returns {@code soft_str(value)}: a string stays as it is. */
    static StringValue soft(FilterTools tools, Value value) {
        return value instanceof StringValue s ? s : StringValue.of(tools.str(value));
    }

    private static Value method(FilterTools tools, Value object, String name, Value... arguments) {
        return ((FunctionValue) tools.attributes().attribute(object, name)).call(Arguments.of(arguments));
    }

    // unlike str.title, only white space and brackets begin a word
    private static Value title(FilterTools tools, Signature.Bound a) {
        StringBuilder out = new StringBuilder();
        boolean begins = true;
        for (int c : soft(tools, a.at(0)).text().codePoints().toArray()) {
            boolean separator = "-({[<".indexOf(c) >= 0 || Characters.isSpace(c);
            String one = Character.toString(c);
            out.append(begins ? Characters.upper(one) : Characters.lower(one));
            begins = separator;
        }
        return StringValue.of(out.toString());
    }

    private static Value replace(FilterTools tools, Signature.Bound a) {
        Value count = a.some(3).orElse(IntegerValue.of(-1));
        return method(
                tools,
                StringValue.of(tools.str(a.at(0))),
                "replace",
                StringValue.of(tools.str(a.at(1))),
                StringValue.of(tools.str(a.at(2))),
                count);
    }

    private static Value format(FilterTools tools, Arguments arguments) {
        Arguments others = arguments.skip(1);
        if (!others.positional().isEmpty() && !others.named().isEmpty()) {
            throw new PythonException(
                    "FilterArgumentError", "can't handle positional and keyword arguments at the same time");
        }
        Value values =
                others.named().isEmpty() ? TupleValue.of(others.positional()) : DictValue.ofNames(others.named());
        return tools.arithmetic().modulo(soft(tools, arguments.positional().getFirst()), values);
    }

    private static Value indent(FilterTools tools, Signature.Bound a) {
        if (a.at(0) instanceof UndefinedValue undefined) {
            throw undefined.failure();
        }
        if (a.at(0) instanceof ListValue) {
            throw new PythonException("AttributeError", "'list' object has no attribute 'splitlines'");
        }
        if (!(a.at(0) instanceof StringValue s)) {
            throw PythonException.type("unsupported operand type(s) for +=: '%s' and 'str'"
                    .formatted(a.at(0).typeName()));
        }
        Value width = a.optional(1).orElse(IntegerValue.of(DEFAULT_INDENT));
        String indentation = width instanceof StringValue w
                ? w.text()
                : tools.str(tools.arithmetic().multiply(StringValue.of(" "), width));
        boolean blank = a.flag(3);
        TextBuilder out = new TextBuilder(tools.budget()).append(a.flag(2) ? indentation : "");
        List<Value> lines = Iteration.list(method(tools, s.with(s.text() + "\n"), "splitlines"), tools.budget());
        for (int i = 0; i < lines.size(); i++) {
            String line = ((StringValue) lines.get(i)).text();
            out.append(i == 0 ? "" : "\n")
                    .append(i > 0 && (blank || !line.isEmpty()) ? indentation : "")
                    .append(line);
        }
        return s.with(out.toString());
    }

    private static Value truncate(FilterTools tools, Signature.Bound a) {
        long length = a.optional(1).map(Numbers::clampedLong).orElse(255L);
        StringValue end = a.optional(3).map(value -> soft(tools, value)).orElse(StringValue.of("..."));
        long leeway = a.some(4).map(Numbers::clampedLong).orElse(5L);
        int endLength = Characters.count(end.text());
        if (length < endLength) {
            throw new PythonException("AssertionError", "expected length >= %d, got %d".formatted(endLength, length));
        }
        if (leeway < 0) {
            throw new PythonException("AssertionError", "expected leeway >= 0, got " + leeway);
        }
        int count = Iteration.length(a.at(0));
        if (count <= length + leeway) {
            return a.at(0);
        }
        StringValue s = soft(tools, a.at(0));
        String kept = s.text().substring(0, s.text().offsetByCodePoints(0, (int) length - endLength));
        int space = kept.lastIndexOf(' ');
        String cut = a.flag(2) || space < 0 ? kept : kept.substring(0, space);
        return s.with(cut + end.text());
    }

    private static Value wordCount(FilterTools tools, Signature.Bound a) {
        int words = 0;
        boolean inside = false;
        for (int c : soft(tools, a.at(0)).text().codePoints().toArray()) {
            words += Characters.isWord(c) && !inside ? 1 : 0;
            inside = Characters.isWord(c);
        }
        return IntegerValue.of(words);
    }

    private static Value urlEncode(FilterTools tools, Signature.Bound a) {
        Value value = a.at(0);
        if (value instanceof StringValue || !Iteration.isIterable(value)) {
            return StringValue.of(quoted(tools.str(value), "/"));
        }
        List<String> pairs = new ArrayList<>();
        Value items = value instanceof DictValue ? method(tools, value, "items") : value;
        for (Value item : Iteration.list(items, tools.budget())) {
            if (!Iteration.isIterable(item)) {
                throw PythonException.type("cannot unpack non-iterable %s object".formatted(item.typeName()));
            }
            List<Value> pair = Iteration.list(item, tools.budget());
            if (pair.size() != 2) {
                throw PythonException.value("not enough values to unpack (expected 2, got %d)".formatted(pair.size()));
            }
            pairs.add(queryPart(tools, pair.get(0)) + "=" + queryPart(tools, pair.get(1)));
        }
        return StringValue.of(String.join("&", pairs));
    }

    private static String queryPart(FilterTools tools, Value value) {
        return quoted(tools.str(value), "").replace("%20", "+");
    }

    private static String quoted(String text, String safe) {
        StringBuilder out = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            boolean kept = b > 0 && (Character.isLetterOrDigit(b) || ("_.-~" + safe).indexOf(b) >= 0);
            out.append(kept ? String.valueOf((char) b) : "%%%02X".formatted(b));
        }
        return out.toString();
    }
}
