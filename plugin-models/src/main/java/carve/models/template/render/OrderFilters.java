package carve.models.template.render;

import carve.models.template.value.Characters;
import carve.models.template.value.Comparison;
import carve.models.template.value.DictValue;
import carve.models.template.value.HashKey;
import carve.models.template.value.IntegerValue;
import carve.models.template.value.Iteration;
import carve.models.template.value.IteratorValue;
import carve.models.template.value.ListValue;
import carve.models.template.value.PythonException;
import carve.models.template.value.Signature;
import carve.models.template.value.Sorting;
import carve.models.template.value.StringValue;
import carve.models.template.value.TupleValue;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The filters that order, group and add up. */
final class OrderFilters {
    private OrderFilters() {}

    static void addTo(Map<String, Filter> all) {
        all.put(
                "sort",
                Filter.of(
                        Signature.of("do_sort", 1, "value", "reverse=", "case_sensitive=", "attribute="),
                        OrderFilters::sort));
        all.put(
                "dictsort",
                Filter.of(
                        Signature.of("do_dictsort", 0, "value", "case_sensitive=", "by=", "reverse="),
                        OrderFilters::dictSort));
        all.put(
                "unique",
                Filter.of(
                        Signature.of("sync_do_unique", 1, "value", "case_sensitive=", "attribute="),
                        OrderFilters::unique));
        all.put(
                "groupby",
                Filter.of(
                        Signature.of("sync_do_groupby", 1, "value", "attribute", "default=", "case_sensitive="),
                        OrderFilters::groupBy));
        all.put(
                "min",
                Filter.of(
                        Signature.of("do_min", 1, "value", "case_sensitive=", "attribute="),
                        (tools, a) -> extreme(tools, a, "<")));
        all.put(
                "max",
                Filter.of(
                        Signature.of("do_max", 1, "value", "case_sensitive=", "attribute="),
                        (tools, a) -> extreme(tools, a, ">")));
        all.put(
                "sum",
                Filter.of(Signature.of("sync_do_sum", 1, "iterable", "attribute=", "start="), OrderFilters::sum));
    }

    private static Value sort(FilterTools tools, Signature.Bound a) {
        List<AttributeGetter> getters = AttributeGetter.several(a.optional(3), !a.flag(2), tools);
        List<Value> items = Iteration.list(a.at(0), tools.budget());
        return ListValue.of(Sorting.sorted(
                items,
                item -> ListValue.of(
                        getters.stream().map(getter -> getter.of(item)).toList()),
                a.flag(1),
                tools.budget()));
    }

    private static Value dictSort(FilterTools tools, Signature.Bound a) {
        String by = a.optional(2).map(tools::str).orElse("key");
        if (!by.equals("key") && !by.equals("value")) {
            throw new PythonException("FilterArgumentError", "You can only sort by either \"key\" or \"value\"");
        }
        if (a.at(0) instanceof UndefinedValue undefined) {
            throw undefined.failure();
        }
        if (!(a.at(0) instanceof DictValue dict)) {
            throw new PythonException(
                    "AttributeError",
                    "'%s' object has no attribute 'items'".formatted(a.at(0).typeName()));
        }
        boolean ignoreCase = !a.flag(1);
        List<DictValue.Item> sorted = Sorting.sorted(
                List.copyOf(dict.items()),
                item -> folded(by.equals("key") ? item.key() : item.value(), ignoreCase),
                a.flag(3),
                tools.budget());
        return ListValue.of(sorted.stream()
                .map(item -> TupleValue.of(item.key(), item.value()))
                .toList());
    }

    private static Value folded(Value value, boolean ignoreCase) {
        return ignoreCase && value instanceof StringValue s ? s.with(Characters.lower(s.text())) : value;
    }

    private static Value unique(FilterTools tools, Signature.Bound a) {
        AttributeGetter getter = AttributeGetter.of(a.optional(2), tools).ignoringCase(!a.flag(1));
        return IteratorValue.generator("sync_do_unique", a.at(0), new DeferredItems(() -> {
            Set<Object> seen = new HashSet<>();
            return new FilteredItems(Iteration.over(a.at(0), tools.budget()), item -> {
                tools.budget().spend(1);
                return seen.add(HashKey.of(getter.of(item)));
            });
        }));
    }

    private static Value groupBy(FilterTools tools, Signature.Bound a) {
        AttributeGetter exact = AttributeGetter.of(Optional.of(a.at(1)), tools).or(a.some(2));
        AttributeGetter getter = exact.ignoringCase(!a.flag(3));
        List<Value> sorted = Sorting.sorted(Iteration.list(a.at(0), tools.budget()), getter::of, false, tools.budget());
        List<Value> groups = new ArrayList<>();
        List<Value> group = new ArrayList<>();
        for (Value item : sorted) {
            if (!group.isEmpty() && !Comparison.equal(getter.of(group.getFirst()), getter.of(item), tools.budget())) {
                groups.add(group(exact.of(group.getFirst()), group));
                group.clear();
            }
            group.add(item);
        }
        if (!group.isEmpty()) {
            groups.add(group(exact.of(group.getFirst()), group));
        }
        return ListValue.of(groups);
    }

    private static Value extreme(FilterTools tools, Signature.Bound a, String operator) {
        AttributeGetter getter = AttributeGetter.of(a.optional(2), tools).ignoringCase(!a.flag(1));
        Iterator<Value> items = Iteration.over(a.at(0), tools.budget());
        if (!items.hasNext()) {
            return UndefinedValue.because("No aggregated item, sequence was empty.");
        }
        Value best = items.next();
        while (items.hasNext()) {
            tools.budget().spend(1);
            Value item = items.next();
            best = Comparison.ordered(operator, getter.of(item), getter.of(best), tools.budget()) ? item : best;
        }
        return best;
    }

    private static Value sum(FilterTools tools, Signature.Bound a) {
        Value sum = a.optional(2).orElse(IntegerValue.of(0));
        if (sum instanceof StringValue) {
            throw PythonException.type("sum() can't sum strings [use ''.join(seq) instead]");
        }
        AttributeGetter getter = AttributeGetter.of(a.some(1), tools);
        Iterator<Value> items = Iteration.over(a.at(0), tools.budget());
        while (items.hasNext()) {
            tools.budget().spend(1);
            sum = tools.arithmetic().add(sum, getter.of(items.next()));
        }
        return sum;
    }

    private static Value group(Value grouper, List<Value> items) {
        return TupleValue.of(grouper, ListValue.of(items)).named(List.of("grouper", "list"));
    }
}
