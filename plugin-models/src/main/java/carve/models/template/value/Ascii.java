package carve.models.template.value;

/** Python's {@code ascii}: all other characters as escapes. */
final class Ascii {
    private Ascii() {}

    static String escaped(String repr) {
        StringBuilder out = new StringBuilder(repr.length());
        repr.codePoints().forEach(c -> out.append(c < 0x80 ? Character.toString(c) : escape(c)));
        return out.toString();
    }

    static String escape(int c) {
        return (c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c);
    }
}
