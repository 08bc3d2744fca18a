package carve.models.template.render;

import carve.models.template.value.Budget;
import carve.models.template.value.Iteration;
import carve.models.template.value.Value;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The items of a loop, of which the next one may be looked at, and all may be counted. */
final class LoopItems {
    private final Value source;
    private final Budget budget;
    private Iterator<Value> items;
    private Optional<Value> next = Optional.empty();
    private int taken;
    private int length = -1;

    LoopItems(Value source, Budget budget) {
        this.source = source;
        this.budget = budget;
        this.items = Iteration.over(source, budget);
    }

    Budget budget() {
        return budget;
    }

    boolean hasNext() {
        return next.isPresent() || items.hasNext();
    }

    Value take() {
        Value item = next.orElseGet(items::next);
        next = Optional.empty();
        taken++;
        budget.spend(1);
        return item;
    }

    Optional<Value> peek() {
        if (next.isEmpty() && items.hasNext()) {
            next = Optional.of(items.next());
        }
        return next;
    }

    int length() {
        if (length < 0) {
            length = Iteration.hasLength(source) ? Iteration.length(source) : taken + rest();
        }
        return length;
    }

    private int rest() {
        List<Value> rest = new ArrayList<>();
        items.forEachRemaining(item -> {
            budget.spend(1);
            rest.add(item);
        });
        items = rest.iterator();
        return rest.size() + (next.isPresent() ? 1 : 0);
    }
}
