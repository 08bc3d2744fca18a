package carve.models.template.syntax;

import carve.models.template.value.Value;
import java.util.List;
import java.util.stream.Stream;

/** An expression of a template. */
public sealed interface Expression {

    /** Returns the expressions in it, in the order in which they are evaluated. */
    default List<Expression> children() {
        return List.of();
    }

    /**
     * A constant.
     *
     * @param value what it is
     */
    record Literal(Value value) implements Expression {}

    /**
     * A variable.
     *
     * @param name its name
     */
    record Name(String name) implements Expression {}

    /**
     * A list.
     *
     * @param items its items
     */
    record ListOf(List<Expression> items) implements Expression {
        @Override
        public List<Expression> children() {
            return items;
        }
    }

    /**
     * A tuple.
     *
     * @param items its items
     */
    record TupleOf(List<Expression> items) implements Expression {
        @Override
        public List<Expression> children() {
            return items;
        }
    }

    /**
     * A dict.
     *
     * @param items its keys and values
     */
    record DictOf(List<Pair> items) implements Expression {
        @Override
        public List<Expression> children() {
            return items.stream()
                    .flatMap(pair -> Stream.of(pair.key(), pair.value()))
                    .toList();
        }
    }

    /**
     * A key and a value of a dict.
     *
     * @param key the key
     * @param value its value
     */
    record Pair(Expression key, Expression value) {}

    /**
     * A sign, or {@code not}.
     *
     * @param operator {@code +}, {@code -} or {@code not}
     * @param operand what it applies to
     */
    record Unary(String operator, Expression operand) implements Expression {
        @Override
        public List<Expression> children() {
            return List.of(operand);
        }
    }

    /**
     * An arithmetic operation.
     *
     * @param operator as it is written
     * @param left the first operand
     * @param right the second operand
     */
    record Binary(TokenKind operator, Expression left, Expression right) implements Expression {
        @Override
        public List<Expression> children() {
            return List.of(left, right);
        }
    }

    /**
     * An {@code and} or {@code or}.
     *
     * @param and which of them
     * @param left the first operand
     * @param right the second, evaluated where the first does not decide
     */
    record Logical(boolean and, Expression left, Expression right) implements Expression {
        @Override
        public List<Expression> children() {
            return List.of(left, right);
        }
    }

    /**
     * A chain of comparisons.
     *
     * @param first the first operand
     * @param steps the operators and the other operands
     */
    record Compare(Expression first, List<Step> steps) implements Expression {
        @Override
        public List<Expression> children() {
            return Stream.concat(Stream.of(first), steps.stream().map(Step::operand))
                    .toList();
        }
    }

    /**
     * A step of a chain of comparisons.
     *
     * @param operator as it is written, {@code in}, or {@code not in}
     * @param operand what is compared with
     */
    record Step(String operator, Expression operand) {}

    /**
     * Texts that are joined by {@code ~}.
     *
     * @param parts the parts
     */
    record Concat(List<Expression> parts) implements Expression {
        @Override
        public List<Expression> children() {
            return parts;
        }
    }

    /**
     * A conditional expression.
     *
     * @param test the condition
     * @param then the value where it is true
     * @param otherwise the value where it is false
     */
    record Conditional(Expression test, Expression then, Expression otherwise) implements Expression {
        @Override
        public List<Expression> children() {
            return List.of(test, then, otherwise);
        }
    }

    /**
     * The value of a conditional expression without {@code else} whose condition is false.
     *
     * @param line the line of the expression, from 1
     */
    record MissingElse(int line) implements Expression {}

    /**
     * An attribute, {@code object.name}.
     *
     * @param line its line, from 1
     * @param object what it is an attribute of
     * @param name its name
     */
    record Attribute(int line, Expression object, String name) implements Expression {
        @Override
        public List<Expression> children() {
            return List.of(object);
        }
    }

    /**
     * An item, {@code object[index]}.
     *
     * @param line its line, from 1
     * @param object what it is an item of
     * @param index its index or key
     */
    record Item(int line, Expression object, Expression index) implements Expression {
        @Override
        public List<Expression> children() {
            return List.of(object, index);
        }
    }

    /**
     * A slice, {@code start:stop:step}.
     *
     * @param start the first index, or None
     * @param stop the index before which it ends, or None
     * @param step the difference of neighbours, or None
     */
    record Slice(Expression start, Expression stop, Expression step) implements Expression {
        @Override
        public List<Expression> children() {
            return List.of(start, stop, step);
        }
    }

    /**
     * A call.
     *
     * @param line its line, from 1
     * @param function what is called
     * @param arguments what it is called with
     */
    record Call(int line, Expression function, CallArguments arguments) implements Expression {
        @Override
        public List<Expression> children() {
            return arguments.after(function);
        }
    }

    /**
     * A filter.
     *
     * @param subject what is filtered
     * @param filter the filter and its other arguments
     */
    record Filtered(Expression subject, Named filter) implements Expression {
        @Override
        public List<Expression> children() {
            return filter.arguments().after(subject);
        }
    }

    /**
     * A test.
     *
     * @param subject what is tested
     * @param test the test and its other arguments
     */
    record Tested(Expression subject, Named test) implements Expression {
        @Override
        public List<Expression> children() {
            return test.arguments().after(subject);
        }
    }

    /**
     * A filter or a test by its name.
     *
     * @param line its line, from 1
     * @param name its name
     * @param arguments its arguments but the first
     */
    record Named(int line, String name, CallArguments arguments) {}
}
