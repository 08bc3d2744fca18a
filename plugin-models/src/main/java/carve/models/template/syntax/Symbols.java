package carve.models.template.syntax;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The names that a scope reads and assigns, as Jinja's compiler collects them. */
final class Symbols {
    private enum Load {
        PARAMETER,
        OUTER,
        UNASSIGNED
    }

    private final Symbols parent;
    private final Map<String, Load> loads;
    private final Set<String> stores;

    /** Makes the symbols of a template. */
    Symbols() {
        this(null, new HashMap<>(), new HashSet<>());
    }

    private Symbols(Symbols parent, Map<String, Load> loads, Set<String> stores) {
        this.parent = parent;
        this.loads = loads;
        this.stores = stores;
    }

    Symbols inner() {
        return new Symbols(this, new HashMap<>(), new HashSet<>());
    }

    Symbols copy() {
        return new Symbols(parent, new HashMap<>(loads), new HashSet<>(stores));
    }

    private boolean knows(String name) {
        return loads.containsKey(name) || parent != null && parent.knows(name);
    }

    void load(String name) {
        if (!knows(name)) {
            loads.put(name, Load.OUTER);
        }
    }

    void parameter(String name) {
        stores.add(name);
        loads.put(name, Load.PARAMETER);
    }

    void store(String name) {
        stores.add(name);
        if (!loads.containsKey(name)) {
            loads.put(name, parent != null && parent.knows(name) ? Load.OUTER : Load.UNASSIGNED);
        }
    }

    /** Takes over what the branches of an {@code if} read and assign. */
    void merge(List<Symbols> branches) {
        Set<String> assigned = branches.stream()
                .map(branch -> branch.stores)
                .flatMap(Collection::stream)
                .collect(Collectors.toSet());
        assigned.removeAll(stores);
        branches.forEach(branch -> {
            loads.putAll(branch.loads);
            stores.addAll(branch.stores);
        });
        assigned.forEach(name -> loads.put(name, Load.OUTER));
    }

    /** Returns the names that are assigned here before they are read, and nowhere around. */
    Set<String> unassigned() {
        return loads.entrySet().stream()
                .filter(entry -> entry.getValue() == Load.UNASSIGNED)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }
}
