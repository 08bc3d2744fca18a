package carve.models.template.render;

import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.util.HashMap;
import java.util.Map;

/** Variables that every scope of a template sees: those of its top level, what the caller gave, and global functions. */
final class Context {
    private final Map<String, Value> exported = new HashMap<>();
    private final Map<String, Value> given;
    private final Map<String, Value> globals;

    Context(Map<String, Value> given, Map<String, Value> globals) {
        this.given = given;
        this.globals = globals;
    }

    Value variable(String name) {
        Value value = exported.get(name);
        value = value == null ? given.get(name) : value;
        value = value == null ? globals.get(name) : value;
        return value == null ? UndefinedValue.variable(name) : value;
    }

    void export(String name, Value value) {
        exported.put(name, value);
    }
}
