package carve.models.template.syntax;

import carve.models.template.syntax.Expression.Named;
import carve.models.template.syntax.Statement.Signature;
import carve.models.template.value.Repr;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;

/** The grammar of statements. */
public final class StatementParser {
    private static final int MAX_DEPTH = 400;

    private final TokenStream stream;
    private final ExpressionParser expressions;
    private final TargetParser targets;
    private final Deque<String> openTags = new ArrayDeque<>();
    private final Deque<List<String>> awaited = new ArrayDeque<>();

    private StatementParser(TokenStream stream) {
        this.stream = stream;
        this.expressions = new ExpressionParser(stream);
        this.targets = new TargetParser(stream, expressions);
    }

    /**
     * Returns the statements of a source.
     *
     * @throws SyntaxException if it cannot be parsed
     */
    public static List<Statement> parse(String source) {
        StatementParser parser = new StatementParser(new TokenStream(TemplateLexer.tokens(source), MAX_DEPTH));
        return parser.statements(List.of());
    }

    // up to one of these words at the beginning of a tag, which is then the current token
    private List<Statement> statements(List<String> ends) {
        awaited.push(ends);
        List<Statement> body = new ArrayList<>();
        while (!stream.is(TokenKind.END)) {
            Token token = stream.next();
            switch (token.kind()) {
                case DATA -> body.add(new Statement.Text(token.line(), token.text()));
                case VARIABLE_BEGIN -> {
                    body.add(new Statement.Print(token.line(), expressions.tuple(true, "")));
                    stream.expect(TokenKind.VARIABLE_END);
                }
                default -> {
                    if (stream.is(TokenKind.NAME)
                            && ends.contains(stream.current().text())) {
                        awaited.pop();
                        return List.copyOf(body);
                    }
                    body.addAll(statement());
                    stream.expect(TokenKind.BLOCK_END);
                }
            }
        }
        if (!ends.isEmpty()) {
            throw unknown("Unexpected end of template.", stream.current().line(), "");
        }
        awaited.pop();
        return List.copyOf(body);
    }

    private List<Statement> body(String... ends) {
        stream.skip(TokenKind.COLON);
        stream.expect(TokenKind.BLOCK_END);
        stream.enter();
        List<Statement> body = statements(List.of(ends));
        stream.leave();
        return body;
    }

    private List<Statement> closedBody(String end) {
        List<Statement> body = body(end);
        stream.next();
        return body;
    }

    private List<Statement> statement() {
        Token tag = stream.current();
        if (tag.kind() != TokenKind.NAME) {
            throw new SyntaxException(tag.line(), "tag name expected");
        }
        openTags.push(tag.text());
        List<Statement> parsed = tag.text().equals("print") ? print() : List.of(statement(tag));
        openTags.pop();
        return parsed;
    }

    private Statement statement(Token tag) {
        int line = tag.line();
        stream.next();
        return switch (tag.text()) {
            case "for" -> loop(line);
            case "if" -> branches(line);
            case "set" -> assignment(line);
            case "macro" -> {
                String name = stream.expect(TokenKind.NAME).text();
                yield new Statement.Macro(line, name, targets.signature(), closedBody("endmacro"));
            }
            case "call" -> callBlock(line);
            case "filter" -> {
                List<Named> filters = new ArrayList<>(List.of(expressions.filter()));
                filters.addAll(filters());
                yield new Statement.FilterBlock(line, List.copyOf(filters), closedBody("endfilter"));
            }
            case "with" -> with(line);
            case "block" -> block(line);
            case "generation" -> new Statement.Generation(line, closedBody("endgeneration"));
            case "autoescape" -> new Statement.Autoescape(line, expressions.expression(), closedBody("endautoescape"));
            case "break" -> new Statement.Break(line);
            case "continue" -> new Statement.Continue(line);
            case "extends", "include", "import", "from" -> new LoadParser(stream, expressions).load(line, tag.text());
            default -> {
                openTags.pop();
                throw unknown("Encountered unknown tag %s.".formatted(Repr.quoted(tag.text())), line, tag.text());
            }
        };
    }

    private List<Named> filters() {
        List<Named> filters = new ArrayList<>();
        while (stream.skip(TokenKind.PIPE)) {
            filters.add(expressions.filter());
        }
        return List.copyOf(filters);
    }

    private List<Statement> print() {
        int line = stream.next().line();
        List<Statement> printed = new ArrayList<>();
        while (!stream.is(TokenKind.BLOCK_END)) {
            if (!printed.isEmpty()) {
                stream.expect(TokenKind.COMMA);
            }
            printed.add(new Statement.Print(line, expressions.expression()));
        }
        return printed;
    }

    private Statement loop(int line) {
        Target target = targets.target("in", false);
        stream.expectWord("in");
        Expression items = expressions.tuple(false, "recursive");
        List<Expression> tests = stream.skipWord("if") ? List.of(expressions.expression()) : List.of();
        boolean recursive = stream.skipWord("recursive");
        List<Statement> body = body("endfor", "else");
        List<Statement> otherwise = stream.next().isWord("else") ? closedBody("endfor") : List.of();
        return new Statement.For(line, target, items, tests, recursive, body, otherwise);
    }

    private Statement branches(int line) {
        List<Statement.Branch> branches = new ArrayList<>();
        while (true) {
            Expression test = expressions.tuple(false, "");
            branches.add(new Statement.Branch(test, body("elif", "else", "endif")));
            Token end = stream.next();
            if (!end.isWord("elif")) {
                List<Statement> otherwise = end.isWord("else") ? closedBody("endif") : List.of();
                return new Statement.If(line, List.copyOf(branches), otherwise);
            }
        }
    }

    private Statement assignment(int line) {
        Target target = targets.target("", true);
        if (stream.skip(TokenKind.ASSIGN)) {
            return new Statement.Assign(line, target, expressions.tuple(true, ""));
        }
        return new Statement.AssignBlock(line, target, filters(), closedBody("endset"));
    }

    private Statement callBlock(int line) {
        Signature signature = stream.is(TokenKind.LEFT_PARENTHESIS) ? targets.signature() : Signature.NONE;
        if (!(expressions.expression() instanceof Expression.Call call)) {
            throw new SyntaxException(line, "expected call");
        }
        return new Statement.CallBlock(line, signature, call, closedBody("endcall"));
    }

    private Statement with(int line) {
        List<Target> assigned = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!stream.is(TokenKind.BLOCK_END)) {
            if (!assigned.isEmpty()) {
                stream.expect(TokenKind.COMMA);
            }
            assigned.add(targets.target("", false));
            stream.expect(TokenKind.ASSIGN);
            values.add(expressions.expression());
        }
        return new Statement.With(line, List.copyOf(assigned), List.copyOf(values), closedBody("endwith"));
    }

    private Statement block(int line) {
        String name = stream.expect(TokenKind.NAME).text();
        boolean scoped = stream.skipWord("scoped");
        boolean required = stream.skipWord("required");
        if (stream.is(TokenKind.MINUS)) {
            throw new SyntaxException(
                    stream.current().line(),
                    "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.");
        }
        List<Statement> body = closedBody("endblock");
        boolean blank = body.stream()
                .allMatch(s -> s instanceof Statement.Text text && text.text().isBlank());
        if (required && !blank) {
            throw new SyntaxException(
                    stream.current().line(), "Required blocks can only contain comments or whitespace");
        }
        stream.skipWord(name);
        return new Statement.Block(line, name, scoped, required, body);
    }

    private SyntaxException unknown(String problem, int line, String tag) {
        StringBuilder reason = new StringBuilder(problem);
        List<String> expected = awaited.isEmpty() ? List.of() : awaited.peek();
        if (!expected.isEmpty()) {
            String looking = expected.stream().map(Repr::quoted).collect(Collectors.joining(" or "));
            boolean nested = !tag.isEmpty() && awaited.stream().anyMatch(ends -> ends.contains(tag));
            reason.append(
                    nested
                            ? " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for %s."
                                    .formatted(looking)
                            : " Jinja was looking for the following tags: %s.".formatted(looking));
        }
        if (!openTags.isEmpty()) {
            reason.append(
                    " The innermost block that needs to be closed is %s.".formatted(Repr.quoted(openTags.peek())));
        }
        return new SyntaxException(line, reason.toString());
    }
}
