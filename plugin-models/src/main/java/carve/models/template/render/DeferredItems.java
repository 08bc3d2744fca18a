package carve.models.template.render;

import carve.models.template.value.Value;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Supplier;

/** Items that are made when the first of them is asked for, as those of a generator. */
final class DeferredItems implements Iterator<Value> {
    private final Supplier<Iterator<Value>> source;
    private Optional<Iterator<Value>> items = Optional.empty();

    DeferredItems(Supplier<Iterator<Value>> source) {
        this.source = source;
    }

    private Iterator<Value> items() {
        if (items.isEmpty()) {
            items = Optional.of(source.get());
        }
        return items.get();
    }

    @Override
    public boolean hasNext() {
        return items().hasNext();
    }

    @Override
    public Value next() {
        return items().next();
    }
}
