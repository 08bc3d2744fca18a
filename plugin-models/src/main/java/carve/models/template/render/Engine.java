package carve.models.template.render;

import carve.api.json.JsonObject;
import carve.models.template.TextRange;
import carve.models.template.syntax.FrameSymbols;
import carve.models.template.syntax.Statement;
import carve.models.template.syntax.StatementParser;
import carve.models.template.syntax.SyntaxException;
import carve.models.template.syntax.TemplateChecks;
import carve.models.template.value.Attributes;
import carve.models.template.value.Budget;
import carve.models.template.value.PythonException;
import carve.models.template.value.Value;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A parsed template, and what renders it. Immutable. */
public final class Engine {
    private final List<Statement> statements;
    private final FrameSymbols symbols;

    private Engine(List<Statement> statements) {
        this.statements = statements;
        this.symbols = FrameSymbols.of(statements);
    }

    /**
     * Result of a rendering.
     *
     * @param text the text
     * @param generated the ranges of the text that generation blocks made
     */
    public record Result(String text, List<TextRange> generated) {}

    /** The failure of a rendering: an exception of Python's, and the line of the template; it never leaves the template engine. */
    public static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient PythonException cause;
        private final int line;

        private Failure(PythonException cause, int line) {
            super(cause);
            this.cause = cause;
            this.line = line;
        }

        /** Returns what went wrong. */
        public PythonException python() {
            return cause;
        }

        /** Returns the line, from 1; 0 if none is known. */
        public int line() {
            return line;
        }
    }

    /**
     * Returns the engine of a source.
     *
     * @throws SyntaxException if it cannot be parsed
     */
    public static Engine parse(String source) {
        List<Statement> statements = StatementParser.parse(source);
        TemplateChecks.check(statements, Filters::exists, Tests::exists);
        return new Engine(statements);
    }

    /**
     * Returns what the template makes of these variables.
     *
     * @param tracking whether the ranges of generation blocks are asked for
     * @throws Failure if the template fails
     */
    public Result render(JsonObject variables, Budget budget, Clock clock, boolean tracking) throws Failure {
        Attributes attributes = new Attributes(budget);
        Tests tests = new Tests(budget);
        Filters filters = new Filters(attributes, tests, budget);
        Evaluator evaluator = new Evaluator(budget, attributes, filters, tests);
        Rendering rendering = new Rendering(symbols, budget, evaluator, tracking);
        try {
            Map<String, Value> given = new HashMap<>();
            variables.members().forEach((name, value) -> given.put(name, JsonValues.of(value)));
            String text = rendering.text(statements, new Context(given, new Globals(budget, clock).all()));
            return new Result(text, rendering.generated());
        } catch (PythonException e) {
            throw new Failure(e, evaluator.line());
        }
    }
}
