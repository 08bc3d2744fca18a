package carve.models.template.syntax;

import java.util.ArrayList;
import java.util.List;

/** The grammar of statements that load another template: {@code extends}, {@code include}, {@code import} and {@code from}. */
final class LoadParser {
    private final TokenStream stream;
    private final ExpressionParser expressions;

    LoadParser(TokenStream stream, ExpressionParser expressions) {
        this.stream = stream;
        this.expressions = expressions;
    }

    Statement load(int line, String kind) {
        Expression template = expressions.expression();
        List<String> names = switch (kind) {
            case "include" -> {
                if (stream.isWord("ignore") && stream.look().isWord("missing")) {
                    stream.next();
                    stream.next();
                }
                context();
                yield List.of();
            }
            case "import" -> {
                stream.expectWord("as");
                String name = stream.expect(TokenKind.NAME).text();
                context();
                yield List.of(name);
            }
            case "from" -> {
                stream.expectWord("import");
                yield imported();
            }
            default -> List.of();
        };
        return new Statement.Load(line, template, names);
    }

    private boolean context() {
        boolean found = (stream.isWord("with") || stream.isWord("without"))
                && stream.look().isWord("context");
        if (found) {
            stream.next();
            stream.next();
        }
        return found;
    }

    private List<String> imported() {
        List<String> names = new ArrayList<>();
        while (true) {
            if (!names.isEmpty()) {
                stream.expect(TokenKind.COMMA);
            }
            if (context()) {
                return names;
            }
            Token name = stream.expect(TokenKind.NAME);
            if (name.text().startsWith("_")) {
                throw new SyntaxException(
                        name.line(), "TemplateAssertionError", "names starting with an underline can not be imported");
            }
            names.add(stream.skipWord("as") ? stream.expect(TokenKind.NAME).text() : name.text());
            if (context() || !stream.is(TokenKind.COMMA)) {
                return names;
            }
        }
    }
}
