package carve.models.template.value;

/**
 * Jinja's {@code Undefined}: prints as nothing, is false and empty, and fails in any other use.
 *
 * @param error the name of the exception that a use raises
 * @param reason its text
 */
public record UndefinedValue(String error, String reason) implements Value {
    /** Returns the value of a variable that is not there. */
    public static UndefinedValue variable(String name) {
        return because(Repr.quoted(name) + " is undefined");
    }

    /** Returns the value of an attribute or an item that an object does not have. */
    public static UndefinedValue member(Value object, Value name) {
        String owner = describe(object);
        return because(
                name instanceof StringValue s
                        ? Repr.quoted(owner) + " has no attribute " + Repr.quoted(s.text())
                        : owner + " has no element " + Repr.repr(name));
    }

    /** Returns the value of an attribute that templates may not use. */
    public static UndefinedValue unsafe(Value object, String attribute) {
        return new UndefinedValue(
                "SecurityError",
                "access to attribute %s of '%s' object is unsafe."
                        .formatted(Repr.quoted(attribute), object.typeName()));
    }

    /** Returns a value whose use fails for this reason. */
    public static UndefinedValue because(String reason) {
        return new UndefinedValue("UndefinedError", reason);
    }

    /** Returns the exception that a use raises. */
    public PythonException failure() {
        return new PythonException(error, reason);
    }

    private static String describe(Value object) {
        return switch (object) {
            case NoneValue none -> "None";
            case StringValue s when s.markup() -> "markupsafe.Markup object";
            case ObjectValue o -> o.qualifiedTypeName() + " object";
            default -> object.typeName() + " object";
        };
    }

    @Override
    public String typeName() {
        return "Undefined";
    }

    @Override
    public boolean truth() {
        return false;
    }
}
