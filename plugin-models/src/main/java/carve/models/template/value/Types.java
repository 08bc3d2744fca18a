package carve.models.template.value;

/** Names of types in messages. */
final class Types {
    private Types() {}

    /** Returns the name of a type as C functions of Python's report it. */
    static String shortName(Value value) {
        return value == NoneValue.NONE ? "None" : value.typeName();
    }
}
