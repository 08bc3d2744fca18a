package carve.models.template.syntax;

import java.util.List;

/** A statement of a template. */
public sealed interface Statement {

    /** Returns its line, from 1. */
    int line();

    /**
     * Text that is printed as it is.
     *
     * @param line its line, from 1
     * @param text the text
     */
    record Text(int line, String text) implements Statement {}

    /**
     * An expression whose value is printed.
     *
     * @param line its line, from 1
     * @param expression the expression
     */
    record Print(int line, Expression expression) implements Statement {}

    /**
     * A loop.
     *
     * @param line its line, from 1
     * @param target what the items are assigned to
     * @param items what is iterated
     * @param tests the condition of an item to be taken; none or one
     * @param recursive whether {@code loop} may be called
     * @param body what is done for each item
     * @param otherwise what is done if no item came to the end of the body
     */
    record For(
            int line,
            Target target,
            Expression items,
            List<Expression> tests,
            boolean recursive,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {}

    /**
     * Branches, of which the first whose condition is true is taken.
     *
     * @param line its line, from 1
     * @param branches the branches
     * @param otherwise what is done if no condition is true
     */
    record If(int line, List<Branch> branches, List<Statement> otherwise) implements Statement {}

    /**
     * A branch.
     *
     * @param test its condition
     * @param body what is done
     */
    record Branch(Expression test, List<Statement> body) {}

    /**
     * An assignment.
     *
     * @param line its line, from 1
     * @param target what is assigned to
     * @param value what is assigned
     */
    record Assign(int line, Target target, Expression value) implements Statement {}

    /**
     * An assignment of what a block prints.
     *
     * @param line its line, from 1
     * @param target what is assigned to
     * @param filters what the text goes through
     * @param body the block
     */
    record AssignBlock(int line, Target target, List<Expression.Named> filters, List<Statement> body)
            implements Statement {}

    /**
     * A macro.
     *
     * @param line its line, from 1
     * @param name its name
     * @param signature its parameters
     * @param body what it prints
     */
    record Macro(int line, String name, Signature signature, List<Statement> body) implements Statement {}

    /**
     * The parameters of a macro or a call block.
     *
     * @param names the names
     * @param defaults the defaults of the last ones
     */
    record Signature(List<String> names, List<Expression> defaults) {
        /** No parameters. */
        public static final Signature NONE = new Signature(List.of(), List.of());

        /** Copies the lists. */
        public Signature {
            names = List.copyOf(names);
            defaults = List.copyOf(defaults);
        }
    }

    /**
     * A call whose {@code caller} prints a block.
     *
     * @param line its line, from 1
     * @param signature the parameters of the caller
     * @param call the call
     * @param body what the caller prints
     */
    record CallBlock(int line, Signature signature, Expression.Call call, List<Statement> body) implements Statement {}

    /**
     * A block whose text goes through filters.
     *
     * @param line its line, from 1
     * @param filters the filters
     * @param body the block
     */
    record FilterBlock(int line, List<Expression.Named> filters, List<Statement> body) implements Statement {}

    /**
     * A scope with variables of its own.
     *
     * @param line its line, from 1
     * @param targets what is assigned to
     * @param values what is assigned
     * @param body what is done
     */
    record With(int line, List<Target> targets, List<Expression> values, List<Statement> body) implements Statement {}

    /**
     * A named block, which sees only the variables of the template's top level.
     *
     * @param line its line, from 1
     * @param name its name
     * @param scoped whether it sees all variables around it
     * @param required whether another template must replace it
     * @param body what it prints
     */
    record Block(int line, String name, boolean scoped, boolean required, List<Statement> body) implements Statement {}

    /**
     * A block that the assistant has written.
     *
     * @param line its line, from 1
     * @param body what it prints
     */
    record Generation(int line, List<Statement> body) implements Statement {}

    /**
     * A block that is escaped or not.
     *
     * @param line its line, from 1
     * @param escape whether it is
     * @param body what it prints
     */
    record Autoescape(int line, Expression escape, List<Statement> body) implements Statement {}

    /**
     * The loading of another template, which chat templates cannot do.
     *
     * @param line its line, from 1
     * @param template the other template
     * @param names the variables that it would assign
     */
    record Load(int line, Expression template, List<String> names) implements Statement {}

    /**
     * The end of a loop.
     *
     * @param line its line, from 1
     */
    record Break(int line) implements Statement {}

    /**
     * The end of a loop's body for an item.
     *
     * @param line its line, from 1
     */
    record Continue(int line) implements Statement {}
}
