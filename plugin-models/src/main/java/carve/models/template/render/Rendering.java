package carve.models.template.render;

import carve.models.template.TextRange;
import carve.models.template.syntax.Expression;
import carve.models.template.syntax.FrameSymbols;
import carve.models.template.syntax.Statement;
import carve.models.template.syntax.Statement.Signature;
import carve.models.template.syntax.Target;
import carve.models.template.syntax.UsedNames;
import carve.models.template.value.Budget;
import carve.models.template.value.Iteration;
import carve.models.template.value.IteratorValue;
import carve.models.template.value.PythonException;
import carve.models.template.value.Repr;
import carve.models.template.value.StringValue;
import carve.models.template.value.TextBuilder;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/** One rendering of a template. */
final class Rendering {
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private final FrameSymbols symbols;
    private final Budget budget;
    private final Evaluator evaluator;
    private final boolean tracking;
    private final TextBuilder top;
    private final List<TextRange> generated = new ArrayList<>();
    private boolean generating;

    /** Makes a rendering that tells, if it is tracking, what generation blocks made. */
    Rendering(FrameSymbols symbols, Budget budget, Evaluator evaluator, boolean tracking) {
        this.symbols = symbols;
        this.budget = budget;
        this.evaluator = evaluator;
        this.tracking = tracking;
        this.top = new TextBuilder(budget);
    }

    String text(List<Statement> template, Context context) {
        body(template, Scope.top(context, symbols.unassigned(template)), top);
        return top.toString();
    }

    List<TextRange> generated() {
        return generated;
    }

    private Flow body(List<Statement> body, Scope scope, TextBuilder out) {
        for (Statement statement : body) {
            budget.enter();
            evaluator.at(statement.line());
            Flow flow = statement(statement, scope, out);
            budget.leave();
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow statement(Statement statement, Scope scope, TextBuilder out) {
        switch (statement) {
            case Statement.Text s -> out.append(s.text());
            case Statement.Print s -> print(evaluator.value(s.expression(), scope), out);
            case Statement.If s -> {
                return branch(s, scope, out);
            }
            case Statement.For s -> {
                return loop(s, scope, out);
            }
            case Statement.Break s -> {
                return Flow.BREAK;
            }
            case Statement.Continue s -> {
                return Flow.CONTINUE;
            }
            case Statement.With s -> {
                return with(s, scope, out);
            }
            case Statement.Autoescape s -> {
                return autoescape(s, scope, out);
            }
            case Statement.AssignBlock s -> {
                return assignBlock(s, scope);
            }
            case Statement.FilterBlock s -> {
                return filterBlock(s, scope, out);
            }
            case Statement.Assign s -> {
                requireNamespaces(s.target(), scope);
                assign(s.target(), evaluator.value(s.value(), scope), scope);
            }
            case Statement.Macro s -> scope.assign(s.name(), macro(s.name(), s.signature(), s.body(), scope));
            case Statement.CallBlock s -> {
                Value caller = macro("", s.signature(), s.body(), scope);
                print(evaluator.call(s.call(), Map.of("caller", caller), scope), out);
            }
            case Statement.Block s -> block(s, scope, out);
            case Statement.Generation s -> generation(s, scope, out);
            case Statement.Load s -> {
                evaluator.value(s.template(), scope);
                throw PythonException.type("no loader for this environment specified");
            }
        }
        return Flow.NEXT;
    }

    private void print(Value value, TextBuilder out) {
        out.append(Repr.str(value, budget));
    }

    private Flow branch(Statement.If statement, Scope scope, TextBuilder out) {
        for (Statement.Branch branch : statement.branches()) {
            if (evaluator.value(branch.test(), scope).truth()) {
                return body(branch.body(), scope, out);
            }
        }
        return body(statement.otherwise(), scope, out);
    }

    private Flow loop(Statement.For loop, Scope scope, TextBuilder out) {
        Value items = evaluator.value(loop.items(), scope);
        if (!loop.recursive()) {
            return loop(loop, items, 0, scope, out);
        }
        print(recursion(loop, items, 0, scope), out);
        return Flow.NEXT;
    }

    private Value recursion(Statement.For loop, Value items, int depth, Scope scope) {
        TextBuilder out = new TextBuilder(budget);
        loop(loop, items, depth, scope, out);
        return StringValue.of(out.toString());
    }

    private Flow loop(Statement.For loop, Value all, int depth, Scope scope, TextBuilder out) {
        Value taken = loop.tests().isEmpty() ? all : tested(loop, all, scope);
        LoopItems items = new LoopItems(taken, budget);
        Optional<BiFunction<Value, Integer, Value>> recursion = loop.recursive()
                ? Optional.of((inner, level) -> recursion(loop, inner, level, scope))
                : Optional.empty();
        LoopValue variable = new LoopValue(items, recursion, depth);
        boolean completed = false;
        while (items.hasNext()) {
            Scope inner = scope.inner(symbols.unassigned(loop.body()));
            inner.assign("loop", variable);
            assign(loop.target(), variable.next(), inner);
            Flow flow = body(loop.body(), inner, out);
            if (flow == Flow.BREAK) {
                break;
            }
            // as in Jinja, an item that is continued does not count
            completed |= flow == Flow.NEXT;
        }
        return completed ? Flow.NEXT : body(loop.otherwise(), scope.inner(symbols.unassigned(loop.otherwise())), out);
    }

    private Value tested(Statement.For loop, Value all, Scope scope) {
        Iterator<Value> items = Iteration.over(all, budget);
        Expression test = loop.tests().getFirst();
        return IteratorValue.generator("loop", all, new FilteredItems(items, item -> {
            Scope inner = scope.inner(Set.of());
            assign(loop.target(), item, inner);
            return evaluator.value(test, inner).truth();
        }));
    }

    private Flow with(Statement.With with, Scope scope, TextBuilder out) {
        Scope inner = scope.inner(symbols.unassigned(with.body()));
        for (int i = 0; i < with.targets().size(); i++) {
            assign(with.targets().get(i), evaluator.value(with.values().get(i), scope), inner);
        }
        return body(with.body(), inner, out);
    }

    private Flow autoescape(Statement.Autoescape block, Scope scope, TextBuilder out) {
        if (evaluator.value(block.escape(), scope).truth()) {
            throw PythonException.unsupported("autoescape");
        }
        return body(block.body(), scope.inner(symbols.unassigned(block.body())), out);
    }

    private Flow assignBlock(Statement.AssignBlock block, Scope scope) {
        TextBuilder out = new TextBuilder(budget);
        Scope inner = scope.inner(symbols.unassigned(block.body()));
        Flow flow = body(block.body(), inner, out);
        if (flow == Flow.NEXT) {
            requireNamespaces(block.target(), scope);
            assign(block.target(), filtered(out, block.filters(), inner), scope);
        }
        return flow;
    }

    private Flow filterBlock(Statement.FilterBlock block, Scope scope, TextBuilder out) {
        TextBuilder text = new TextBuilder(budget);
        Scope inner = scope.inner(symbols.unassigned(block.body()));
        Flow flow = body(block.body(), inner, text);
        if (flow == Flow.NEXT) {
            print(filtered(text, block.filters(), inner), out);
        }
        return flow;
    }

    private Value filtered(TextBuilder text, List<Expression.Named> filters, Scope scope) {
        Value value = StringValue.of(text.toString());
        for (Expression.Named filter : filters) {
            value = evaluator.filtered(value, filter, scope);
        }
        return value;
    }

    private void requireNamespaces(Target target, Scope scope) {
        target.namespaces().forEach(name -> namespace(name, scope));
    }

    private static NamespaceValue namespace(String name, Scope scope) {
        if (scope.variable(name) instanceof NamespaceValue namespace) {
            return namespace;
        }
        throw new PythonException("TemplateRuntimeError", "cannot assign attribute on non-namespace object");
    }

    private void assign(Target target, Value value, Scope scope) {
        switch (target) {
            case Target.Variable variable -> scope.assign(variable.name(), value);
            case Target.NamespaceAttribute attribute ->
                namespace(attribute.namespace(), scope).assign(attribute.attribute(), value);
            case Target.Several several -> {
                List<Value> items = unpacked(value, several.items().size());
                for (int i = 0; i < items.size(); i++) {
                    assign(several.items().get(i), items.get(i), scope);
                }
            }
        }
    }

    private List<Value> unpacked(Value value, int count) {
        if (!Iteration.isIterable(value)) {
            throw PythonException.type("cannot unpack non-iterable %s object".formatted(value.typeName()));
        }
        List<Value> items = Iteration.list(value, budget);
        if (items.size() > count) {
            throw PythonException.value("too many values to unpack (expected %d)".formatted(count));
        }
        if (items.size() < count) {
            throw PythonException.value(
                    "not enough values to unpack (expected %d, got %d)".formatted(count, items.size()));
        }
        return items;
    }

    private MacroValue macro(String name, Signature signature, List<Statement> body, Scope scope) {
        return new MacroValue(name, signature, UsedNames.in(body), bound -> {
            Scope inner = scope.inner(symbols.unassigned(body));
            parameters(signature, bound, inner);
            TextBuilder out = new TextBuilder(budget);
            body(body, inner, out);
            return StringValue.of(out.toString());
        });
    }

    // a default may read the parameters before it
    private void parameters(Signature signature, Map<String, Value> bound, Scope scope) {
        signature
                .names()
                .forEach(name -> scope.assign(
                        name, UndefinedValue.because("parameter %s was not provided".formatted(Repr.quoted(name)))));
        bound.forEach(scope::assign);
        int withoutDefault = signature.names().size() - signature.defaults().size();
        for (int i = withoutDefault; i < signature.names().size(); i++) {
            String name = signature.names().get(i);
            if (!bound.containsKey(name)) {
                scope.assign(name, evaluator.value(signature.defaults().get(i - withoutDefault), scope));
            }
        }
    }

    private void block(Statement.Block block, Scope scope, TextBuilder out) {
        if (block.required()) {
            throw new PythonException(
                    "TemplateRuntimeError", "Required block %s not found".formatted(Repr.quoted(block.name())));
        }
        Scope inner = block.scoped()
                ? scope.inner(symbols.unassigned(block.body()))
                : scope.block(symbols.unassigned(block.body()));
        body(block.body(), inner, out);
    }

    private void generation(Statement.Generation block, Scope scope, TextBuilder out) {
        boolean outermost = !generating;
        if (tracking && outermost && out != top) {
            throw PythonException.unsupported(
                    "to tell what the assistant wrote, a generation block within a macro, a call or a set block");
        }
        generating = true;
        TextBuilder text = new TextBuilder(budget);
        body(block.body(), scope.inner(symbols.unassigned(block.body())), text);
        int start = out.length();
        out.append(text.toString());
        if (outermost) {
            generated.add(new TextRange(start, out.length()));
            generating = false;
        }
    }
}
