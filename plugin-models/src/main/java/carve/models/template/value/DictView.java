package carve.models.template.value;

import java.util.List;

/**
 * The result of {@code keys}, {@code values} or {@code items} of a Python dict.
 *
 * @param kind which of them
 * @param dict the dict
 */
public record DictView(Kind kind, DictValue dict) implements Value {
    /** The part of the dict. */
    public enum Kind {
        /** The keys. */
        KEYS("dict_keys"),
        /** The values. */
        VALUES("dict_values"),
        /** Tuples of key and value. */
        ITEMS("dict_items");

        private final String typeName;

        Kind(String typeName) {
            this.typeName = typeName;
        }
    }

    /** Returns the items of the view in order. */
    public List<Value> items() {
        return dict.items().stream()
                .<Value>map(item -> switch (kind) {
                    case KEYS -> item.key();
                    case VALUES -> item.value();
                    case ITEMS -> TupleValue.of(item.key(), item.value());
                })
                .toList();
    }

    @Override
    public String typeName() {
        return kind.typeName;
    }

    @Override
    public boolean truth() {
        return dict.truth();
    }

    @Override
    public int nesting() {
        return dict.nesting();
    }
}
