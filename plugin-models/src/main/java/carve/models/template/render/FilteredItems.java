package carve.models.template.render;

import carve.models.template.value.Value;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Predicate;

/** Items of an iterator that pass a test, which is asked when they are needed. */
final class FilteredItems implements Iterator<Value> {
    private final Iterator<Value> items;
    private final Predicate<Value> test;
    private Optional<Value> next = Optional.empty();

    FilteredItems(Iterator<Value> items, Predicate<Value> test) {
        this.items = items;
        this.test = test;
    }

    @Override
    public boolean hasNext() {
        while (next.isEmpty() && items.hasNext()) {
            Value item = items.next();
            next = test.test(item) ? Optional.of(item) : Optional.empty();
        }
        return next.isPresent();
    }

    @Override
    public Value next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Value item = next.get();
        next = Optional.empty();
        return item;
    }
}
