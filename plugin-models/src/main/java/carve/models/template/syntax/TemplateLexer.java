package carve.models.template.syntax;

import carve.models.template.value.Characters;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The splitting of a template into text and tags, as Jinja's lexer does it with {@code trim_blocks} and {@code lstrip_blocks}.
 *
 * <p>A tag that begins with a minus takes all white space before it, one that ends with a minus all after it. Otherwise the first
 * line break after a statement or a comment goes, and the blanks before it if nothing else stands before it in its line, unless a plus
 * keeps them. Line breaks are made line feeds; one at the end of the source is dropped.
 */
public final class TemplateLexer {
    private static final int SPACE_FLAGS = Pattern.DOTALL | Pattern.UNICODE_CHARACTER_CLASS;
    private static final Pattern RAW_BEGIN = Pattern.compile("\\{%([-+]?)\\s*raw\\s*(?:-%}\\s*|%})", SPACE_FLAGS);
    private static final Pattern RAW_END =
            Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%}|-%}\\s*|%}\\n?)", SPACE_FLAGS);
    private static final int TAG_LENGTH = 2;

    private final String source;
    private final Lines lines;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private TemplateLexer(String source) {
        this.source = source;
        this.lines = new Lines(source);
    }

    /**
     * Returns the tokens of a source; the last one is its end.
     *
     * @throws SyntaxException if there is something that is no token
     */
    public static List<Token> tokens(String source) {
        String plain = source.replace("\r\n", "\n").replace('\r', '\n');
        return new TemplateLexer(plain.endsWith("\n") ? plain.substring(0, plain.length() - 1) : plain).all();
    }

    private List<Token> all() {
        while (at < source.length()) {
            int tag = nextTag(at);
            if (tag < 0) {
                data(at, source.substring(at));
                at = source.length();
            } else {
                tag(tag);
            }
        }
        tokens.add(new Token(lines.of(source.length()), TokenKind.END, ""));
        return tokens;
    }

    private int nextTag(int from) {
        for (int i = source.indexOf('{', from); i >= 0; i = source.indexOf('{', i + 1)) {
            if (i + 1 < source.length() && "%{#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private void tag(int tag) {
        char kind = source.charAt(tag + 1);
        int start = at;
        String text = source.substring(at, tag);
        Matcher raw = RAW_BEGIN.matcher(source).region(tag, source.length());
        if (kind == '%' && raw.lookingAt()) {
            data(start, stripped(text, raw.group(1), true));
            at = raw.end();
            raw();
            return;
        }
        String sign = source.startsWith("-", tag + TAG_LENGTH) || source.startsWith("+", tag + TAG_LENGTH)
                ? source.substring(tag + TAG_LENGTH, tag + TAG_LENGTH + 1)
                : "";
        data(start, stripped(text, sign, kind != '{'));
        at = tag + TAG_LENGTH + sign.length();
        switch (kind) {
            case '#' -> comment();
            case '%' -> expression(tag, TokenKind.BLOCK_BEGIN, TokenKind.BLOCK_END);
            default -> expression(tag, TokenKind.VARIABLE_BEGIN, TokenKind.VARIABLE_END);
        }
    }

    private void data(int start, String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(lines.of(start), TokenKind.DATA, text));
        }
    }

    // what a tag leaves of the text before it
    private String stripped(String text, String sign, boolean block) {
        if (sign.equals("-")) {
            return Characters.strip(text, Characters::isSpace, false, true);
        }
        if (sign.equals("+") || !block) {
            return text;
        }
        int line = text.lastIndexOf('\n') + 1;
        boolean lineBegins = line > 0 || at == 0 || source.charAt(at - 1) == '\n';
        boolean blank = text.substring(line).codePoints().allMatch(Characters::isSpace);
        return lineBegins && blank ? text.substring(0, line) : text;
    }

    private void comment() {
        if (at == source.length()) {
            return;
        }
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw new SyntaxException(lines.of(at), "Missing end of comment tag");
        }
        boolean signed = end > at && "+-".indexOf(source.charAt(end - 1)) >= 0;
        tagEnd(end + TAG_LENGTH, signed ? source.substring(end - 1, end) : "", true);
    }

    private void raw() {
        if (at == source.length()) {
            return;
        }
        Matcher end = RAW_END.matcher(source);
        if (!end.find(at)) {
            throw new SyntaxException(lines.of(at), "Missing end of raw directive");
        }
        int start = at;
        data(start, stripped(source.substring(at, end.start()), end.group(1), true));
        at = end.end();
    }

    private void expression(int tag, TokenKind begin, TokenKind end) {
        tokens.add(new Token(lines.of(tag), begin, ""));
        boolean block = end == TokenKind.BLOCK_END;
        ExpressionLexer lexer = new ExpressionLexer(source, at, lines, block ? "%}" : "}}", block);
        tokens.addAll(lexer.tokens());
        at = lexer.end();
        if (lexer.isClosed()) {
            tokens.add(new Token(lines.of(at), end, ""));
            tagEnd(at + lexer.sign().length() + TAG_LENGTH, lexer.sign(), block);
        }
    }

    // the white space after a tag that goes with it
    private void tagEnd(int end, String sign, boolean block) {
        at = end;
        if (sign.equals("-")) {
            while (at < source.length() && Characters.isSpace(source.charAt(at))) {
                at++;
            }
        } else if (block && sign.isEmpty() && source.startsWith("\n", at)) {
            at++;
        }
    }
}
