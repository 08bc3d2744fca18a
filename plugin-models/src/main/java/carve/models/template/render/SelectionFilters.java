package carve.models.template.render;

import carve.models.template.value.Arguments;
import carve.models.template.value.Iteration;
import carve.models.template.value.IteratorValue;
import carve.models.template.value.NoneValue;
import carve.models.template.value.PythonException;
import carve.models.template.value.Repr;
import carve.models.template.value.StringValue;
import carve.models.template.value.Value;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** The filters that take some items, or apply a filter to each. */
final class SelectionFilters {
    private SelectionFilters() {}

    static void addTo(Map<String, Filter> all) {
        all.put("map", SelectionFilters::map);
        all.put("select", (tools, arguments) -> selected("select", tools, arguments, false, true));
        all.put("reject", (tools, arguments) -> selected("reject", tools, arguments, false, false));
        all.put("selectattr", (tools, arguments) -> selected("selectattr", tools, arguments, true, true));
        all.put("rejectattr", (tools, arguments) -> selected("rejectattr", tools, arguments, true, false));
    }

    private static Value map(FilterTools tools, Arguments arguments) {
        Value source = arguments.positional().getFirst();
        return IteratorValue.generator("sync_do_map", source, new DeferredItems(() -> {
            if (!source.truth()) {
                return Collections.emptyIterator();
            }
            Function<Value, Value> function = function(tools, arguments.skip(1));
            return new MappedItems(Iteration.over(source, tools.budget()), item -> {
                tools.budget().spend(1);
                return function.apply(item);
            });
        }));
    }

    private record MappedItems(Iterator<Value> items, Function<Value, Value> function) implements Iterator<Value> {
        @Override
        public boolean hasNext() {
            return items.hasNext();
        }

        @Override
        public Value next() {
            return function.apply(items.next());
        }
    }

    private static Function<Value, Value> function(FilterTools tools, Arguments arguments) {
        Map<String, Value> named = arguments.named();
        if (!arguments.positional().isEmpty()) {
            Value filter = arguments.positional().getFirst();
            return item -> tools.filters().called(filter, item, arguments.skip(1));
        }
        if (!named.containsKey("attribute")) {
            throw new PythonException("FilterArgumentError", "map requires a filter argument");
        }
        named.keySet().stream()
                .filter(name -> !name.equals("attribute") && !name.equals("default"))
                .findFirst()
                .ifPresent(name -> {
                    throw new PythonException(
                            "FilterArgumentError", "Unexpected keyword argument " + Repr.quoted(name));
                });
        Optional<Value> otherwise = Optional.ofNullable(named.get("default")).filter(value -> value != NoneValue.NONE);
        return AttributeGetter.of(Optional.of(named.get("attribute")), tools).or(otherwise)::of;
    }

    private static Value selected(
            String name, FilterTools tools, Arguments arguments, boolean byAttribute, boolean wanted) {
        Value source = arguments.positional().getFirst();
        return IteratorValue.generator("sync_do_" + name, source, new DeferredItems(() -> {
            if (!source.truth()) {
                return Collections.emptyIterator();
            }
            Predicate<Value> predicate = predicate(tools, arguments.skip(1), byAttribute);
            return new FilteredItems(Iteration.over(source, tools.budget()), item -> {
                tools.budget().spend(1);
                return predicate.test(item) == wanted;
            });
        }));
    }

    private static Predicate<Value> predicate(FilterTools tools, Arguments arguments, boolean byAttribute) {
        List<Value> positional = arguments.positional();
        if (byAttribute && positional.isEmpty()) {
            throw new PythonException("FilterArgumentError", "Missing parameter for attribute name");
        }
        Optional<Value> attribute = byAttribute ? Optional.of(positional.getFirst()) : Optional.empty();
        AttributeGetter getter = AttributeGetter.of(attribute, tools);
        Arguments rest = arguments.skip(byAttribute ? 1 : 0);
        if (rest.positional().isEmpty()) {
            return item -> getter.of(item).truth();
        }
        Value test = rest.positional().getFirst();
        String name = test instanceof StringValue s ? s.text() : Repr.repr(test, tools.budget());
        return item -> tools.tests().called(name, getter.of(item), rest.skip(1));
    }
}
