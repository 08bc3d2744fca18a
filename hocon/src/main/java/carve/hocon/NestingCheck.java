package carve.hocon;

import carve.api.config.SettingsException;

/**
 * A check of how deeply brackets and keys of a text in HOCON are nested, made before it is parsed by recursion.
 *
 * <p>Brackets in quoted strings and comments do not count. The elements of a key with dots count as one level each.
 */
final class NestingCheck {
    private final String text;
    private final String origin;
    private final int limit;
    private int position;
    private int line = 1;
    private int depth;
    private int dots;

    NestingCheck(String text, String origin, int limit) {
        this.text = text;
        this.origin = origin;
        this.limit = limit;
    }

    /**
     * Runs the check.
     *
     * @throws SettingsException if a level is deeper than the limit, with the line
     */
    void run() {
        while (position < text.length()) {
            char c = text.charAt(position);
            if (text.startsWith("\"\"\"", position)) {
                skipTo("\"\"\"", 3);
            } else if (c == '"') {
                skipString();
            } else if (c == '#' || text.startsWith("//", position)) {
                skipComment();
            } else {
                count(c);
                position++;
            }
        }
    }

    private void count(char c) {
        switch (c) {
            case '{', '[' -> depth++;
            case '}', ']' -> depth = Math.max(0, depth - 1);
            case '.' -> dots++;
            case '\n' -> line++;
            default -> {
                // part of a key or value
            }
        }
        if (c == '\n' || c == ',' || c == '=' || c == ':' || c == '{' || c == '[') {
            dots = 0;
        }
        if (depth > limit || dots > limit) {
            throw new SettingsException("%s: %d: sections and lists are nested more than %d deep, the limit"
                    .formatted(origin, line, limit));
        }
    }

    private void skipString() {
        position++;
        while (position < text.length() && text.charAt(position) != '"' && text.charAt(position) != '\n') {
            position += text.charAt(position) == '\\' ? 2 : 1;
        }
        position++;
        if (position <= text.length() && text.charAt(position - 1) == '\n') {
            line++;
        }
    }

    private void skipComment() {
        int end = text.indexOf('\n', position);
        position = end < 0 ? text.length() : end;
    }

    private void skipTo(String end, int from) {
        int found = text.indexOf(end, position + from);
        int next = found < 0 ? text.length() : found + end.length();
        line += (int)
                text.substring(position, next).chars().filter(c -> c == '\n').count();
        position = next;
    }
}
