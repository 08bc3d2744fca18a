package carve.models.template.value;

import java.util.Collection;

/** The bound of containers in containers, so that whoever walks through a value may recurse. */
final class Nesting {
    // above that of JSON, so that all input fits
    private static final int MAX = 200;

    private Nesting() {}

    static int around(Collection<? extends Value> items) {
        int deepest = 0;
        for (Value item : items) {
            deepest = Math.max(deepest, item.nesting());
        }
        return around(deepest);
    }

    static int around(int deepest) {
        if (deepest >= MAX) {
            throw PythonException.limit("values are nested deeper than the limit of " + MAX);
        }
        return deepest + 1;
    }
}
