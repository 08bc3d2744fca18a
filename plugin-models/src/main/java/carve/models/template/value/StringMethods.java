package carve.models.template.value;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of Python's {@code str}. */
public final class StringMethods {
    private static final Set<String> UNSUPPORTED = Set.of("encode", "maketrans", "translate");

    private final Budget budget;
    private final StringSearch search;
    private final StringSplitting splitting;
    private final StringFormatter formatter;

    StringMethods(Attributes attributes, Budget budget) {
        this.budget = budget;
        this.search = new StringSearch(budget);
        this.splitting = new StringSplitting(budget);
        this.formatter = new StringFormatter(attributes, budget);
    }

    /** Returns the method of this name, bound to a string, if there is one. */
    Optional<Value> method(StringValue self, String name) {
        if (UNSUPPORTED.contains(name)) {
            throw PythonException.unsupported("str." + name);
        }
        return isMethod(name)
                ? Optional.of(FunctionValue.method("str", name, arguments -> {
                    budget.text(self.text().length());
                    return call(self, new MethodCall("str", name, arguments));
                }))
                : Optional.empty();
    }

    private static boolean isMethod(String name) {
        return switch (name) {
            case "capitalize",
                    "casefold",
                    "center",
                    "count",
                    "endswith",
                    "expandtabs",
                    "find",
                    "format",
                    "format_map",
                    "index" -> true;
            case "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric" ->
                true;
            case "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition" ->
                true;
            case "removeprefix",
                    "removesuffix",
                    "replace",
                    "rfind",
                    "rindex",
                    "rjust",
                    "rpartition",
                    "rsplit",
                    "rstrip" -> true;
            case "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill" -> true;
            default -> false;
        };
    }

    private Value call(StringValue self, MethodCall call) {
        String text = self.text();
        return switch (call.name()) {
            case "capitalize", "casefold", "lower", "swapcase", "title", "upper" ->
                cased(self, call.none().name());
            case "center", "ljust", "rjust" -> justified(self, call.between(1, 2));
            case "zfill" -> zeroFilled(self, call.one());
            case "strip", "lstrip", "rstrip" -> stripped(self, call.between(0, 1));
            case "removeprefix" -> {
                call.one();
                yield self.with(
                        text.startsWith(call.text(0))
                                ? text.substring(call.text(0).length())
                                : text);
            }
            case "removesuffix" -> {
                call.one();
                yield self.with(
                        text.endsWith(call.text(0))
                                ? text.substring(0, text.length() - call.text(0).length())
                                : text);
            }
            case "replace" -> search.replaced(self, call.between(2, 3));
            case "count", "find", "index", "rfind", "rindex" -> search.found(text, call.between(1, 3));
            case "startswith", "endswith" -> BooleanValue.of(search.affixed(text, call.between(1, 3)));
            case "join" -> joined(self, call.one());
            case "partition", "rpartition" -> splitting.partitioned(self, call);
            case "split", "rsplit" -> splitting.split(self, call);
            case "splitlines" -> splitting.lines(self, call.arguments());
            case "expandtabs" -> splitting.expanded(self, call.arguments());
            case "format" -> formatter.format(self, call.arguments());
            case "format_map" -> formatter.format(self, new Arguments(List.of(), names(call.one())));
            default -> BooleanValue.of(is(text, call.none().name()));
        };
    }

    private static Map<String, Value> names(Value mapping) {
        Map<String, Value> names = new LinkedHashMap<>();
        if (mapping instanceof DictValue dict) {
            dict.items().stream()
                    .filter(item -> item.key() instanceof StringValue)
                    .forEach(item -> names.put(((StringValue) item.key()).text(), item.value()));
        }
        return names;
    }

    private static Value cased(StringValue self, String name) {
        String text = self.text();
        return self.with(
                switch (name) {
                    case "capitalize" -> Letters.capitalized(text);
                    case "casefold" -> Characters.lower(Characters.upper(text.replace("\u0130", "i\u0307")));
                    case "lower" -> Characters.lower(text);
                    case "swapcase" -> Letters.swapped(text);
                    case "title" -> Letters.titled(text);
                    default -> Characters.upper(text);
                });
    }

    private static boolean is(String text, String name) {
        return switch (name) {
            case "isascii" -> text.chars().allMatch(c -> c < 0x80);
            case "isprintable" -> text.codePoints().allMatch(Characters::isPrintable);
            case "isidentifier" -> Letters.isIdentifier(text);
            case "islower" -> Letters.isLower(text);
            case "isupper" -> Letters.isUpper(text);
            case "istitle" -> Letters.isTitle(text);
            default -> !text.isEmpty() && text.codePoints().allMatch(kind(name));
        };
    }

    private static IntPredicate kind(String name) {
        return switch (name) {
            case "isalnum" -> c -> Character.isLetter(c) || Letters.isNumeric(c);
            case "isalpha" -> Character::isLetter;
            case "isdecimal" -> Character::isDigit;
            case "isdigit" -> Letters::isDigit;
            case "isnumeric" -> Letters::isNumeric;
            default -> Characters::isSpace;
        };
    }

    private Value justified(StringValue self, MethodCall call) {
        long missing = Math.max(0, call.integer(0) - Characters.count(self.text()));
        String fill = call.at(1).isPresent() ? call.text(1) : " ";
        if (Characters.count(fill) != 1) {
            throw PythonException.type("The fill character must be exactly one character long");
        }
        long left = switch (call.name()) {
            case "ljust" -> 0;
            case "rjust" -> missing;
            // CPython gives the odd one to the left if the width is odd
            default -> missing / 2 + (missing & call.integer(0) & 1);
        };
        return self.with(new TextBuilder(budget)
                .repeat(fill, left)
                .append(self.text())
                .repeat(fill, missing - left)
                .toString());
    }

    private Value zeroFilled(StringValue self, Value width) {
        String text = self.text();
        int sign = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        return self.with(new TextBuilder(budget)
                .append(text.substring(0, sign))
                .repeat("0", Numbers.clampedLong(width) - Characters.count(text))
                .append(text.substring(sign))
                .toString());
    }

    private static Value stripped(StringValue self, MethodCall call) {
        IntPredicate kind = call.at(0)
                .filter(characters -> characters != NoneValue.NONE)
                .map(characters -> oneOf(characters, call.name()))
                .orElse(Characters::isSpace);
        return self.with(Characters.strip(
                self.text(), kind, !call.name().equals("rstrip"), !call.name().equals("lstrip")));
    }

    private static IntPredicate oneOf(Value characters, String name) {
        if (characters instanceof StringValue s) {
            return c -> s.text().indexOf(c) >= 0;
        }
        throw PythonException.type(name + " arg must be None or str");
    }

    private Value joined(StringValue self, Value items) {
        if (!Iteration.isIterable(items)) {
            throw PythonException.type("can only join an iterable");
        }
        List<String> parts = new ArrayList<>();
        for (Value item : Iteration.list(items, budget)) {
            if (self.markup()) {
                parts.add(Markup.of(item, budget).text());
            } else if (item instanceof StringValue s) {
                parts.add(s.text());
            } else {
                throw PythonException.type(
                        "sequence item %d: expected str instance, %s found".formatted(parts.size(), item.typeName()));
            }
        }
        return self.with(Joining.joined(self.text(), parts, budget));
    }
}
