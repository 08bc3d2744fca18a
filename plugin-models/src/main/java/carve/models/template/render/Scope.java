package carve.models.template.render;

import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The variables of a scope, and those around it. */
final class Scope {
    private final Map<String, Value> variables = new HashMap<>();
    // none or one
    private final List<Scope> around;
    private final Context context;
    private final boolean top;

    private Scope(List<Scope> around, Context context, boolean top) {
        this.around = around;
        this.context = context;
        this.top = top;
    }

    /** Returns the scope of a template's top level, whose variables blocks see too. */
    static Scope top(Context context, Set<String> unassigned) {
        return new Scope(List.of(), context, true).hiding(unassigned);
    }

    /** Returns a scope that sees only the variables of a template's top level. */
    Scope block(Set<String> unassigned) {
        return new Scope(List.of(), context, false).hiding(unassigned);
    }

    /** Returns a scope within this one, in which some names are undefined until they are assigned. */
    Scope inner(Set<String> unassigned) {
        return new Scope(List.of(this), context, false).hiding(unassigned);
    }

    private Scope hiding(Set<String> unassigned) {
        unassigned.forEach(name -> variables.put(name, UndefinedValue.variable(name)));
        return this;
    }

    Value variable(String name) {
        Scope scope = this;
        while (true) {
            Value value = scope.variables.get(name);
            if (value != null) {
                return value;
            }
            if (scope.around.isEmpty()) {
                return context.variable(name);
            }
            scope = scope.around.getFirst();
        }
    }

    void assign(String name, Value value) {
        variables.put(name, value);
        if (top) {
            context.export(name, value);
        }
    }
}
