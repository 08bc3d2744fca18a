package carve.models.template.syntax;

import carve.models.template.syntax.Statement.Assign;
import carve.models.template.syntax.Statement.AssignBlock;
import carve.models.template.syntax.Statement.Autoescape;
import carve.models.template.syntax.Statement.Block;
import carve.models.template.syntax.Statement.Break;
import carve.models.template.syntax.Statement.CallBlock;
import carve.models.template.syntax.Statement.Continue;
import carve.models.template.syntax.Statement.FilterBlock;
import carve.models.template.syntax.Statement.For;
import carve.models.template.syntax.Statement.Generation;
import carve.models.template.syntax.Statement.If;
import carve.models.template.syntax.Statement.Load;
import carve.models.template.syntax.Statement.Macro;
import carve.models.template.syntax.Statement.Print;
import carve.models.template.syntax.Statement.Signature;
import carve.models.template.syntax.Statement.Text;
import carve.models.template.syntax.Statement.With;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The names that each scope of a template assigns before it reads them.
 *
 * <p>Jinja compiles such a name to a variable of the scope that is undefined until it is assigned, even to inner scopes that come before, and
 * even if the caller gave a variable of this name.
 */
public final class FrameSymbols {
    private final Map<List<Statement>, Set<String>> unassigned = new IdentityHashMap<>();

    private FrameSymbols() {}

    /** Returns the symbols of a template. */
    public static FrameSymbols of(List<Statement> template) {
        FrameSymbols all = new FrameSymbols();
        all.frame(new Symbols(), template);
        return all;
    }

    /** Returns the names that the scope of a body hides until they are assigned. */
    public Set<String> unassigned(List<Statement> body) {
        return unassigned.getOrDefault(body, Set.of());
    }

    // all of a scope is looked at before the scopes in it
    private void frame(Symbols symbols, List<Statement> body) {
        collect(symbols, body);
        unassigned.put(body, symbols.unassigned());
        inner(symbols, body);
    }

    private void collect(Symbols symbols, List<Statement> body) {
        body.forEach(statement -> collect(symbols, statement));
    }

    private void collect(Symbols symbols, Statement statement) {
        switch (statement) {
            case Text s -> {}
            case Break s -> {}
            case Continue s -> {}
            case Generation s -> {}
            case Block s -> {}
            case Autoescape s -> {}
            case Print s -> load(symbols, s.expression());
            case For s -> load(symbols, s.items());
            case CallBlock s -> load(symbols, s.call());
            case FilterBlock s -> loadFilters(symbols, s.filters());
            case With s -> s.values().forEach(value -> load(symbols, value));
            case Macro s -> symbols.store(s.name());
            case AssignBlock s -> store(symbols, s.target());
            case Assign s -> {
                load(symbols, s.value());
                store(symbols, s.target());
            }
            case Load s -> {
                load(symbols, s.template());
                s.names().forEach(symbols::store);
            }
            case If s -> collectBranches(symbols, s);
        }
    }

    private void collectBranches(Symbols symbols, If statement) {
        load(symbols, statement.branches().getFirst().test());
        List<Symbols> branches = new ArrayList<>();
        Symbols first = symbols.copy();
        collect(first, statement.branches().getFirst().body());
        Symbols others = symbols.copy();
        statement.branches().stream().skip(1).forEach(branch -> {
            load(others, branch.test());
            Symbols body = others.copy();
            collect(body, branch.body());
            others.merge(List.of(body));
        });
        Symbols last = symbols.copy();
        collect(last, statement.otherwise());
        branches.addAll(List.of(first, others, last));
        symbols.merge(branches);
    }

    private static void load(Symbols symbols, Expression expression) {
        if (expression instanceof Expression.Name name) {
            symbols.load(name.name());
        }
        for (Expression child : expression.children()) {
            load(symbols, child);
        }
    }

    private static void loadFilters(Symbols symbols, List<Expression.Named> filters) {
        filters.forEach(filter -> filter.arguments().children().forEach(argument -> load(symbols, argument)));
    }

    private static void store(Symbols symbols, Target target) {
        target.namespaces().forEach(symbols::load);
        target.variables().forEach(symbols::store);
    }

    private void inner(Symbols symbols, List<Statement> body) {
        body.forEach(statement -> inner(symbols, statement));
    }

    private void inner(Symbols symbols, Statement statement) {
        switch (statement) {
            case If s -> {
                s.branches().forEach(branch -> inner(symbols, branch.body()));
                inner(symbols, s.otherwise());
            }
            case For s -> {
                Symbols loop = symbols.inner();
                loop.parameter("loop");
                s.target().variables().forEach(loop::parameter);
                frame(loop, s.body());
                frame(symbols.inner(), s.otherwise());
            }
            case With s -> {
                Symbols with = symbols.inner();
                s.targets().stream().flatMap(Target::variables).forEach(with::parameter);
                frame(with, s.body());
            }
            case Macro s -> function(symbols.inner(), s.signature(), s.body());
            case CallBlock s -> function(symbols.inner(), s.signature(), s.body());
            case Generation s -> frame(symbols.inner(), s.body());
            case FilterBlock s -> frame(symbols.inner(), s.body());
            case AssignBlock s -> frame(symbols.inner(), s.body());
            case Autoescape s -> frame(symbols.inner(), s.body());
            case Block s -> frame(new Symbols(), s.body());
            case Text s -> {}
            case Print s -> {}
            case Assign s -> {}
            case Load s -> {}
            case Break s -> {}
            case Continue s -> {}
        }
    }

    private void function(Symbols symbols, Signature signature, List<Statement> body) {
        signature.names().forEach(symbols::parameter);
        List.of("caller", "kwargs", "varargs").forEach(symbols::parameter);
        signature.defaults().forEach(value -> load(symbols, value));
        frame(symbols, body);
    }
}
