package carve.models.tokenizer.regex;

/** The positions that anchors stand for. */
final class Positions {
    private Positions() {}

    static boolean is(Node.Place place, String text, int at) {
        return switch (place) {
            case LINE_START -> at == 0 || at < text.length() && text.charAt(at - 1) == '\n';
            case LINE_END -> at == text.length() || text.charAt(at) == '\n';
            case TEXT_START -> at == 0;
            case TEXT_END -> at == text.length();
            case TEXT_END_OR_LAST_NEWLINE -> at == text.length() || at == text.length() - 1 && text.charAt(at) == '\n';
            case WORD_BOUNDARY -> wordBoundary(text, at);
            case NO_WORD_BOUNDARY -> !wordBoundary(text, at);
        };
    }

    private static boolean wordBoundary(String text, int at) {
        boolean before = at > 0 && NamedSets.WORD.contains(text.codePointBefore(at));
        boolean after = at < text.length() && NamedSets.WORD.contains(text.codePointAt(at));
        return before != after;
    }
}
