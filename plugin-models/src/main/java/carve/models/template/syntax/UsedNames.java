package carve.models.template.syntax;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The variables that statements read, in inner scopes too; what a macro needs to know of {@code caller} and its like. */
public final class UsedNames {
    private final Set<String> names = new HashSet<>();

    private UsedNames() {}

    /** Returns the names of the variables that a body reads. */
    public static Set<String> in(List<Statement> body) {
        UsedNames used = new UsedNames();
        used.body(body);
        return Set.copyOf(used.names);
    }

    private void body(List<Statement> body) {
        body.forEach(this::statement);
    }

    private void statement(Statement statement) {
        switch (statement) {
            case Statement.Print s -> expression(s.expression());
            case Statement.For s -> {
                expression(s.items());
                s.tests().forEach(this::expression);
                body(s.body());
                body(s.otherwise());
            }
            case Statement.If s -> {
                s.branches().forEach(branch -> {
                    expression(branch.test());
                    body(branch.body());
                });
                body(s.otherwise());
            }
            case Statement.Assign s -> expression(s.value());
            case Statement.AssignBlock s -> {
                filters(s.filters());
                body(s.body());
            }
            case Statement.Macro s -> function(s.signature(), s.body());
            case Statement.CallBlock s -> {
                expression(s.call());
                function(s.signature(), s.body());
            }
            case Statement.FilterBlock s -> {
                filters(s.filters());
                body(s.body());
            }
            case Statement.With s -> {
                s.values().forEach(this::expression);
                body(s.body());
            }
            case Statement.Generation s -> body(s.body());
            case Statement.Autoescape s -> {
                expression(s.escape());
                body(s.body());
            }
            case Statement.Load s -> expression(s.template());
            case Statement.Text s -> {}
            case Statement.Block s -> {}
            case Statement.Break s -> {}
            case Statement.Continue s -> {}
        }
    }

    private void function(Statement.Signature signature, List<Statement> body) {
        signature.defaults().forEach(this::expression);
        body(body);
    }

    private void filters(List<Expression.Named> filters) {
        filters.forEach(filter -> filter.arguments().children().forEach(this::expression));
    }

    private void expression(Expression expression) {
        if (expression instanceof Expression.Name name) {
            names.add(name.name());
        }
        for (Expression child : expression.children()) {
            expression(child);
        }
    }
}
