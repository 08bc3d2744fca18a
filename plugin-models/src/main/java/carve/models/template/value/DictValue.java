package carve.models.template.value;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A Python {@code dict}: keys in the order they came. */
public final class DictValue implements Value {
    /**
     * A key and its value.
     *
     * @param key the key as it was first given
     * @param value its value
     */
    public record Item(Value key, Value value) {}

    private final Map<Object, Item> items;
    private final int nesting;

    private DictValue(Map<Object, Item> items) {
        this.items = Collections.unmodifiableMap(items);
        int deepest = 0;
        for (Item item : items.values()) {
            deepest = Math.max(
                    deepest, Math.max(item.key().nesting(), item.value().nesting()));
        }
        this.nesting = Nesting.around(deepest);
    }

    /**
     * Returns a dict of these items; of equal keys the first stands with the last value.
     *
     * @throws PythonException if a key cannot be hashed, or containers are nested too deep
     */
    public static DictValue of(Iterable<Item> items) {
        Map<Object, Item> all = new LinkedHashMap<>();
        for (Item item : items) {
            all.merge(HashKey.of(item.key()), item, (old, next) -> new Item(old.key(), next.value()));
        }
        return new DictValue(all);
    }

    /** Returns a dict with these names as keys. */
    public static DictValue ofNames(Map<String, Value> named) {
        return of(named.entrySet().stream()
                .map(entry -> new Item(StringValue.of(entry.getKey()), entry.getValue()))
                .toList());
    }

    /**
     * Returns the value of a key, if there is one.
     *
     * @throws PythonException if the key cannot be hashed
     */
    public Optional<Value> value(Value key) {
        return Optional.ofNullable(items.get(HashKey.of(key))).map(Item::value);
    }

    /** Returns the items in order, unmodifiable. */
    public Collection<Item> items() {
        return items.values();
    }

    /** Returns the keys in order. */
    public List<Value> keys() {
        return items.values().stream().map(Item::key).toList();
    }

    @Override
    public String typeName() {
        return "dict";
    }

    @Override
    public boolean truth() {
        return !items.isEmpty();
    }

    @Override
    public int nesting() {
        return nesting;
    }
}
