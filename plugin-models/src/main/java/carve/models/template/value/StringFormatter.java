package carve.models.template.value;

import java.util.OptionalInt;

/** Python's {@code str.format}, as Jinja's sandbox has it. */
final class StringFormatter {
    private static final int MAX_NESTING = 2;

    private final Attributes attributes;
    private final Budget budget;

    StringFormatter(Attributes attributes, Budget budget) {
        this.attributes = attributes;
        this.budget = budget;
    }

    StringValue format(StringValue format, Arguments arguments) {
        return format.with(new Run(format.markup(), arguments).expanded(format.text(), MAX_NESTING));
    }

    private final class Run {
        private final boolean markup;
        private final Arguments arguments;
        private int nextAutomatic;
        private boolean manual;

        Run(boolean markup, Arguments arguments) {
            this.markup = markup;
            this.arguments = arguments;
        }

        String expanded(String text, int nesting) {
            if (nesting < 0) {
                throw PythonException.value("Max string recursion exceeded");
            }
            TextBuilder out = new TextBuilder(budget);
            int at = 0;
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c != '{' && c != '}') {
                    int end = at;
                    while (end < text.length() && text.charAt(end) != '{' && text.charAt(end) != '}') {
                        end++;
                    }
                    out.append(text.substring(at, end));
                    at = end;
                } else if (at + 1 < text.length() && text.charAt(at + 1) == c) {
                    out.append(Character.toString(c));
                    at += 2;
                } else if (c == '}') {
                    throw PythonException.value("Single '}' encountered in format string");
                } else {
                    int end = endOfField(text, at + 1);
                    out.append(field(text.substring(at + 1, end), nesting));
                    at = end + 1;
                }
            }
            return out.toString();
        }

        private static int endOfField(String text, int start) {
            if (start >= text.length()) {
                throw PythonException.value("Single '{' encountered in format string");
            }
            int depth = 1;
            for (int i = start; i < text.length(); i++) {
                depth += text.charAt(i) == '{' ? 1 : text.charAt(i) == '}' ? -1 : 0;
                if (depth == 0) {
                    return i;
                }
            }
            throw PythonException.value("expected '}' before end of string");
        }

        private String field(String field, int nesting) {
            int end = endOfName(field);
            String name = field.substring(0, end);
            String rest = field.substring(end);
            String conversion = "";
            if (rest.startsWith("!")) {
                if (rest.length() < 2 || rest.length() > 2 && rest.charAt(2) != ':') {
                    throw PythonException.value(
                            rest.length() < 2
                                    ? "end of string while looking for conversion specifier"
                                    : "expected ':' after conversion specifier");
                }
                conversion = rest.substring(1, 2);
                rest = rest.substring(2);
            }
            Value value = converted(value(name), conversion);
            String specification = rest.isEmpty() ? "" : expanded(rest.substring(1), nesting - 1);
            String formatted = FormatSpec.format(value, specification, budget);
            boolean escaped = value instanceof StringValue s && s.markup();
            return markup && !escaped ? Markup.escape(formatted) : formatted;
        }

        private static int endOfName(String field) {
            int brackets = 0;
            for (int i = 0; i < field.length(); i++) {
                char c = field.charAt(i);
                brackets += c == '[' ? 1 : c == ']' ? -1 : 0;
                if (brackets <= 0 && (c == '!' || c == ':')) {
                    return i;
                }
            }
            return field.length();
        }

        private Value converted(Value value, String conversion) {
            return switch (conversion) {
                case "" -> value;
                case "s" -> StringValue.of(Repr.str(value, budget));
                case "r" -> StringValue.of(Repr.repr(value, budget));
                case "a" -> StringValue.of(Ascii.escaped(Repr.repr(value, budget)));
                default -> throw PythonException.value("Unknown conversion specifier " + conversion);
            };
        }

        private Value value(String name) {
            int end = 0;
            while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
                end++;
            }
            Value value = first(name.substring(0, end));
            while (end < name.length()) {
                int start = end + 1;
                if (name.charAt(end) == '.') {
                    end = start;
                    while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
                        end++;
                    }
                    value = attributes.attribute(value, name.substring(start, end));
                } else {
                    end = name.indexOf(']', start);
                    if (end < 0) {
                        throw PythonException.value("Missing ']' in format string");
                    }
                    String key = name.substring(start, end++);
                    value = attributes.item(
                            value,
                            index(key).isPresent() ? IntegerValue.of(index(key).getAsInt()) : StringValue.of(key));
                }
            }
            return value;
        }

        private static OptionalInt index(String key) {
            boolean digits = !key.isEmpty() && key.length() < 10 && key.chars().allMatch(c -> c >= '0' && c <= '9');
            return digits ? OptionalInt.of(Integer.parseInt(key)) : OptionalInt.empty();
        }

        private Value first(String key) {
            if (key.isEmpty()) {
                if (manual) {
                    throw PythonException.value(
                            "cannot switch from manual field specification to automatic field numbering");
                }
                return positional(nextAutomatic++);
            }
            OptionalInt index = index(key);
            if (index.isEmpty()) {
                Value named = arguments.named().get(key);
                if (named == null) {
                    throw new PythonException("KeyError", Repr.quoted(key));
                }
                return named;
            }
            if (nextAutomatic > 0) {
                throw PythonException.value(
                        "cannot switch from manual field specification to automatic field numbering");
            }
            manual = true;
            return positional(index.getAsInt());
        }

        private Value positional(int index) {
            if (index >= arguments.positional().size()) {
                throw new PythonException("IndexError", "tuple index out of range");
            }
            return arguments.positional().get(index);
        }
    }
}
