package carve.models.tokenizer.regex;

import java.util.ArrayList;
import java.util.List;

/** A parser of the sets of characters in an expression: {@code [...]}, nested and intersected, and escapes. */
final class CharacterClassParser {
    private static final int MAX_DEPTH = 16;

    private final PatternCursor cursor;
    private int depth;

    CharacterClassParser(PatternCursor cursor) {
        this.cursor = cursor;
    }

    /** Returns the set whose opening bracket was read. */
    CharacterSet set() {
        if (++depth > MAX_DEPTH) {
            throw cursor.error("sets are nested more than %d deep".formatted(MAX_DEPTH));
        }
        boolean negative = cursor.accept('^');
        CharacterSet result = union();
        while (cursor.accept("&&")) {
            result = CharacterSet.both(result, union());
        }
        if (!cursor.accept(']')) {
            throw cursor.error("missing ]");
        }
        depth--;
        return negative ? CharacterSet.not(result) : result;
    }

    // up to ] or &&; a ] at the beginning is a character
    private CharacterSet union() {
        List<CharacterSet> parts = new ArrayList<>();
        while (cursor.more()) {
            if (cursor.peek() == ']' && !parts.isEmpty()) {
                break;
            }
            if (cursor.accept("&&")) {
                cursor.back(2);
                break;
            }
            parts.add(part());
        }
        return CharacterSet.union(List.copyOf(parts));
    }

    private CharacterSet part() {
        if (cursor.accept("[:")) {
            return posix();
        }
        if (cursor.accept('[')) {
            return set();
        }
        CharacterSet first = cursor.accept('\\') ? escape() : CharacterSet.of(cursor.next());
        if (!(first instanceof CharacterSet.Ranges(int[] bounds))
                || bounds.length != 2
                || bounds[0] != bounds[1]
                || !cursor.accept('-')) {
            return first;
        }
        if (!cursor.more() || cursor.peek() == ']' || cursor.peek() == '[') {
            cursor.back(1);
            return first;
        }
        CharacterSet last = cursor.accept('\\') ? escape() : CharacterSet.of(cursor.next());
        if (!(last instanceof CharacterSet.Ranges(int[] end)) || end.length != 2 || end[0] < bounds[0]) {
            throw cursor.error("invalid range");
        }
        return CharacterSet.range(bounds[0], end[0]);
    }

    private CharacterSet posix() {
        boolean negative = cursor.accept('^');
        String name = cursor.skipPast(':');
        if (!cursor.accept(']')) {
            throw cursor.error("missing :]");
        }
        CharacterSet set = NamedSets.posix(name)
                .or(() -> NamedSets.property(name))
                .orElseThrow(() -> cursor.error("unknown set [:%s:]".formatted(name)));
        return negative ? CharacterSet.not(set) : set;
    }

    /** Returns the set of an escape whose backslash was read. */
    CharacterSet escape() {
        int c = cursor.next();
        return switch (c) {
            case 's' -> NamedSets.WHITE_SPACE;
            case 'S' -> CharacterSet.not(NamedSets.WHITE_SPACE);
            case 'd' -> NamedSets.DIGIT;
            case 'D' -> CharacterSet.not(NamedSets.DIGIT);
            case 'w' -> NamedSets.WORD;
            case 'W' -> CharacterSet.not(NamedSets.WORD);
            case 'h' -> NamedSets.HEX_DIGIT;
            case 'H' -> CharacterSet.not(NamedSets.HEX_DIGIT);
            case 'p' -> property(false);
            case 'P' -> property(true);
            case 'n' -> CharacterSet.of('\n');
            case 'r' -> CharacterSet.of('\r');
            case 't' -> CharacterSet.of('\t');
            case 'f' -> CharacterSet.of('\f');
            case 'v' -> CharacterSet.of(0x0B);
            case 'a' -> CharacterSet.of(0x07);
            case 'e' -> CharacterSet.of(0x1B);
            case 'u' -> CharacterSet.of(cursor.hexadecimal(4));
            case 'x' -> CharacterSet.of(cursor.accept('{') ? braced() : cursor.hexadecimal(2));
            default -> {
                if (c < 128 && Character.isLetterOrDigit(c)) {
                    throw cursor.error("the escape \\%c is not supported".formatted((char) c));
                }
                yield CharacterSet.of(c);
            }
        };
    }

    private int braced() {
        int value = cursor.hexadecimal(8);
        if (!cursor.accept('}')) {
            throw cursor.error("missing }");
        }
        return value;
    }

    private CharacterSet property(boolean negated) {
        if (!cursor.accept('{')) {
            throw cursor.error("expected \\p{...}");
        }
        boolean negative = negated ^ cursor.accept('^');
        String name = cursor.skipPast('}');
        CharacterSet set =
                NamedSets.property(name).orElseThrow(() -> cursor.error("unknown property '%s'".formatted(name)));
        return negative ? CharacterSet.not(set) : set;
    }
}
