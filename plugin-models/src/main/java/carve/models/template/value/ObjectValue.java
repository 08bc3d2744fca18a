package carve.models.template.value;

import java.util.Optional;

/** An object of the template engine: a function, a macro, a loop, a namespace. Equal only to itself. */
public non-sealed interface ObjectValue extends Value {

    /** Returns the name of the Python type with its module, as messages about attributes have it. */
    default String qualifiedTypeName() {
        return typeName();
    }

    /** Returns what it is printed as. */
    default String repr() {
        return "<" + qualifiedTypeName() + " object at 0x0>";
    }

    /** Returns an attribute, if there is one of this name. */
    default Optional<Value> attribute(String name) {
        return Optional.empty();
    }

    @Override
    default boolean truth() {
        return true;
    }
}
