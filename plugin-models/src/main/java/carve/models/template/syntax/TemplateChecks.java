package carve.models.template.syntax;

import carve.models.template.syntax.Expression.Named;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Checks that Jinja makes when it compiles a template: names of filters, tests and blocks, and the places of loop controls. */
public final class TemplateChecks {
    private final Predicate<String> filters;
    private final Predicate<String> tests;
    private final Set<String> blocks = new HashSet<>();

    private TemplateChecks(Predicate<String> filters, Predicate<String> tests) {
        this.filters = filters;
        this.tests = tests;
    }

    /**
     * Checks a template.
     *
     * @param filters which filters there are
     * @param tests which tests there are
     * @throws SyntaxException if there is no such filter or test, two blocks have one name, or a loop control stands outside of a loop
     */
    public static void check(List<Statement> template, Predicate<String> filters, Predicate<String> tests) {
        new TemplateChecks(filters, tests).body(template, new Place(false, false, false));
    }

    // soft: within an if, where an unknown filter fails only if it is used
    private record Place(boolean soft, boolean inLoop, boolean loopTaken) {
        Place hard() {
            return new Place(false, inLoop, loopTaken);
        }

        Place function() {
            return new Place(false, false, loopTaken);
        }
    }

    private void body(List<Statement> body, Place place) {
        body.forEach(statement -> statement(statement, place));
    }

    private void statement(Statement statement, Place place) {
        switch (statement) {
            case Statement.Text s -> {}
            case Statement.Print s -> expression(s.expression(), place);
            case Statement.If s -> {
                Place soft = new Place(true, place.inLoop(), place.loopTaken());
                s.branches().forEach(branch -> {
                    expression(branch.test(), soft);
                    body(branch.body(), soft);
                });
                body(s.otherwise(), soft);
            }
            case Statement.For s -> loop(s, place);
            case Statement.Assign s -> {
                target(s.target(), s.line(), place);
                expression(s.value(), place);
            }
            case Statement.AssignBlock s -> {
                target(s.target(), s.line(), place);
                filters(s.filters(), place.hard());
                body(s.body(), place.hard());
            }
            case Statement.Macro s -> function(s.signature(), s.body(), place, s.line());
            case Statement.CallBlock s -> {
                function(s.signature(), s.body(), place, s.line());
                expression(s.call(), place);
            }
            case Statement.Generation s -> body(s.body(), place.function());
            case Statement.FilterBlock s -> {
                filters(s.filters(), place.hard());
                body(s.body(), place.hard());
            }
            case Statement.With s -> {
                s.values().forEach(value -> expression(value, place));
                body(s.body(), place.hard());
            }
            case Statement.Block s -> block(s);
            case Statement.Autoescape s -> {
                expression(s.escape(), place.hard());
                body(s.body(), place.hard());
            }
            case Statement.Load s -> expression(s.template(), place);
            case Statement.Break s -> requireLoop(place, s.line(), "'break' outside loop");
            case Statement.Continue s -> requireLoop(place, s.line(), "'continue' not properly in loop");
        }
    }

    private static void requireLoop(Place place, int line, String reason) {
        if (!place.inLoop()) {
            throw new SyntaxException(line, "SyntaxError", reason);
        }
    }

    private void loop(Statement.For s, Place place) {
        Place inside = new Place(false, true, true);
        target(s.target(), s.line(), inside);
        expression(s.items(), place);
        s.tests().forEach(test -> expression(test, place.hard()));
        body(s.body(), inside);
        body(s.otherwise(), new Place(false, place.inLoop() && !s.recursive(), true));
    }

    private static void target(Target target, int line, Place place) {
        if (place.loopTaken() && target.variables().anyMatch("loop"::equals)) {
            throw new SyntaxException(
                    line, "TemplateAssertionError", "Can't assign to special loop variable in for-loop target");
        }
    }

    private void function(Statement.Signature signature, List<Statement> body, Place place, int line) {
        Place inside = place.function();
        signature.defaults().forEach(value -> expression(value, inside));
        body(body, inside);
        int withoutDefault = signature.names().size() - signature.defaults().size();
        int caller = signature.names().indexOf("caller");
        if (caller >= 0 && caller < withoutDefault && UsedNames.in(body).contains("caller")) {
            throw new SyntaxException(
                    line,
                    "TemplateAssertionError",
                    "When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default.");
        }
    }

    private void block(Statement.Block block) {
        if (!blocks.add(block.name())) {
            throw new SyntaxException(
                    block.line(), "TemplateAssertionError", "block '%s' defined twice".formatted(block.name()));
        }
        body(block.body(), new Place(false, false, false));
    }

    private void filters(List<Named> filters, Place place) {
        filters.forEach(filter -> filter(filter, place));
    }

    private void filter(Named filter, Place place) {
        require(this.filters, filter, "filter", place);
        filter.arguments().children().forEach(argument -> expression(argument, place));
    }

    private static void require(Predicate<String> known, Named named, String kind, Place place) {
        if (!place.soft() && !known.test(named.name())) {
            throw new SyntaxException(
                    named.line(), "TemplateAssertionError", "No %s named '%s'.".formatted(kind, named.name()));
        }
    }

    private void expression(Expression expression, Place place) {
        boolean conditional = expression instanceof Expression.Conditional;
        Place inner = conditional ? new Place(true, place.inLoop(), place.loopTaken()) : place;
        switch (expression) {
            case Expression.Filtered filtered -> require(filters, filtered.filter(), "filter", place);
            case Expression.Tested tested -> require(tests, tested.test(), "test", place);
            default -> {}
        }
        for (Expression child : expression.children()) {
            expression(child, inner);
        }
    }
}
