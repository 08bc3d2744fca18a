package carve.models.template.syntax;

/** The escapes of a string in a template: Python's {@code unicode-escape} codec, applied to the text as Jinja does it. */
final class StringLiteral {
    private static final int MAX_OCTAL = 3;

    private final String ascii;
    private final int line;
    private final StringBuilder out = new StringBuilder();
    private int at;

    private StringLiteral(String text, int line) {
        this.ascii = ascii(text);
        this.line = line;
    }

    static String decoded(String text, int line) {
        return text.indexOf('\\') < 0 ? text : new StringLiteral(text, line).decoded();
    }

    // Jinja escapes what is not ASCII first, even where a backslash stands before it
    private static String ascii(String text) {
        StringBuilder ascii = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (c < 0x80) {
                ascii.append((char) c);
            } else {
                ascii.append((c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
            }
        });
        return ascii.toString();
    }

    private String decoded() {
        while (at < ascii.length()) {
            char c = ascii.charAt(at++);
            if (c == '\\' && at < ascii.length()) {
                escape(ascii.charAt(at++));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private void escape(char c) {
        switch (c) {
            case '\n' -> {}
            case '\\', '\'', '"' -> out.append(c);
            case 'a' -> out.append('\u0007');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'v' -> out.append('\u000b');
            case '0', '1', '2', '3', '4', '5', '6', '7' -> octal();
            case 'x' -> hexadecimal(2, "truncated \\xXX escape");
            case 'u' -> hexadecimal(4, "truncated \\uXXXX escape");
            case 'U' -> hexadecimal(8, "truncated \\UXXXXXXXX escape");
            case 'N' -> named();
            default -> out.append('\\').append(c);
        }
    }

    private void octal() {
        int value = 0;
        at--;
        for (int i = 0; i < MAX_OCTAL && at < ascii.length() && Character.digit(ascii.charAt(at), 8) >= 0; i++) {
            value = value * 8 + Character.digit(ascii.charAt(at++), 8);
        }
        out.appendCodePoint(value);
    }

    private void hexadecimal(int length, String problem) {
        long value = 0;
        for (int i = 0; i < length; i++) {
            int digit = at < ascii.length() ? Character.digit(ascii.charAt(at), 16) : -1;
            if (digit < 0) {
                throw new SyntaxException(line, problem);
            }
            value = value * 16 + digit;
            at++;
        }
        if (value > Character.MAX_CODE_POINT) {
            throw new SyntaxException(line, "illegal Unicode character");
        }
        out.appendCodePoint((int) value);
    }

    private void named() {
        int end = ascii.startsWith("{", at) ? ascii.indexOf('}', at) : -1;
        if (end < 0) {
            throw new SyntaxException(line, "malformed \\N character escape");
        }
        try {
            out.appendCodePoint(Character.codePointOf(ascii.substring(at + 1, end)));
        } catch (IllegalArgumentException e) {
            throw new SyntaxException(line, "unknown Unicode character name");
        }
        at = end + 1;
    }
}
