package carve.models.template.render;

import carve.models.template.value.DictValue;
import carve.models.template.value.DictView;
import carve.models.template.value.IntegerValue;
import carve.models.template.value.Iteration;
import carve.models.template.value.IteratorValue;
import carve.models.template.value.Joining;
import carve.models.template.value.ListValue;
import carve.models.template.value.Numbers;
import carve.models.template.value.PythonException;
import carve.models.template.value.Signature;
import carve.models.template.value.Sorting;
import carve.models.template.value.StringValue;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** The filters of sequences and mappings. */
final class SequenceFilters {
    private SequenceFilters() {}

    static void addTo(Map<String, Filter> all) {
        Filter length =
                Filter.of(Signature.of("len", 0, "obj"), (tools, a) -> IntegerValue.of(Iteration.length(a.at(0))));
        all.put("length", length);
        all.put("count", length);
        Filter.Body otherwise = (tools, a) ->
                a.at(0) instanceof UndefinedValue || a.flag(2) && !a.at(0).truth()
                        ? a.optional(1).orElse(StringValue.EMPTY)
                        : a.at(0);
        Filter orDefault = Filter.of(Signature.of("do_default", 0, "value", "default_value=", "boolean="), otherwise);
        all.put("default", orDefault);
        all.put("d", orDefault);
        all.put("first", Filter.of(Signature.of("sync_do_first", 1, "seq"), SequenceFilters::first));
        all.put("last", Filter.of(Signature.of("do_last", 1, "seq"), SequenceFilters::last));
        all.put(
                "list",
                Filter.of(
                        Signature.of("sync_do_list", 0, "value"),
                        (tools, a) -> ListValue.of(Iteration.list(a.at(0), tools.budget()))));
        all.put("join", Filter.of(Signature.of("sync_do_join", 1, "value", "d=", "attribute="), SequenceFilters::join));
        all.put("reverse", Filter.of(Signature.of("do_reverse", 0, "value"), SequenceFilters::reverse));
        all.put("items", Filter.of(Signature.of("do_items", 0, "value"), SequenceFilters::items));
        all.put(
                "batch",
                Filter.of(Signature.of("do_batch", 0, "value", "linecount", "fill_with="), SequenceFilters::batch));
        all.put(
                "slice",
                Filter.of(Signature.of("sync_do_slice", 0, "value", "slices", "fill_with="), SequenceFilters::slice));
        all.put("attr", Filter.of(Signature.of("do_attr", 1, "obj", "name"), SequenceFilters::attribute));
    }

    private static Value first(FilterTools tools, Signature.Bound a) {
        Iterator<Value> items = Iteration.over(a.at(0), tools.budget());
        return items.hasNext() ? items.next() : UndefinedValue.because("No first item, sequence was empty.");
    }

    private static Value last(FilterTools tools, Signature.Bound a) {
        if (!Iteration.hasLength(a.at(0))) {
            throw PythonException.type(
                    "'%s' object is not reversible".formatted(a.at(0).typeName()));
        }
        List<Value> items = Iteration.list(a.at(0), tools.budget());
        return items.isEmpty() ? UndefinedValue.because("No last item, sequence was empty.") : items.getLast();
    }

    private static Value join(FilterTools tools, Signature.Bound a) {
        AttributeGetter getter = AttributeGetter.of(a.optional(2), tools);
        List<String> parts = new ArrayList<>();
        Iterator<Value> items = Iteration.over(a.at(0), tools.budget());
        while (items.hasNext()) {
            tools.budget().spend(1);
            parts.add(tools.str(getter.of(items.next())));
        }
        return StringValue.of(Joining.joined(a.optional(1).map(tools::str).orElse(""), parts, tools.budget()));
    }

    private static Value reverse(FilterTools tools, Signature.Bound a) {
        Value value = a.at(0);
        if (value instanceof StringValue s) {
            tools.budget().text(s.text().length());
            List<Value> characters = Sorting.reversed(Iteration.list(s, tools.budget()));
            return s.with(Joining.joined("", characters.stream().map(tools::str).toList(), tools.budget()));
        }
        if (!Iteration.isIterable(value)) {
            throw new PythonException("FilterArgumentError", "argument must be iterable");
        }
        List<Value> reversed = Sorting.reversed(Iteration.list(value, tools.budget()));
        if (value instanceof IteratorValue) {
            return ListValue.of(reversed);
        }
        String type = reversedType(value);
        return new IteratorValue(type, "<" + type + " object at 0x0>", value, reversed.iterator());
    }

    private static String reversedType(Value value) {
        return switch (value) {
            case ListValue list -> "list_reverseiterator";
            case DictValue dict -> "dict_reversekeyiterator";
            case DictView view -> view.typeName().replaceAll("s$", "").replace("dict_", "dict_reverse") + "iterator";
            default -> "reversed";
        };
    }

    private static Value items(FilterTools tools, Signature.Bound a) {
        return IteratorValue.generator("do_items", a.at(0), new DeferredItems(() -> switch (a.at(0)) {
            case UndefinedValue undefined -> Collections.emptyIterator();
            case DictValue dict ->
                new DictView(DictView.Kind.ITEMS, dict).items().iterator();
            default -> throw PythonException.type("Can only get item pairs from a mapping.");
        }));
    }

    private static Value batch(FilterTools tools, Signature.Bound a) {
        return IteratorValue.generator("do_batch", a.at(0), new DeferredItems(() -> {
            long size = Numbers.isNumber(a.at(1)) ? Numbers.clampedLong(a.at(1)) : -1;
            List<Value> batches = new ArrayList<>();
            List<Value> batch = new ArrayList<>();
            for (Value item : Iteration.list(a.at(0), tools.budget())) {
                if (batch.size() == size) {
                    batches.add(ListValue.of(batch));
                    batch.clear();
                }
                batch.add(item);
            }
            if (!batch.isEmpty()) {
                if (a.some(2).isPresent() && batch.size() < size) {
                    tools.budget().list(size);
                    batch.addAll(Collections.nCopies((int) size - batch.size(), a.at(2)));
                }
                batches.add(ListValue.of(batch));
            }
            return batches.iterator();
        }));
    }

    private static Value slice(FilterTools tools, Signature.Bound a) {
        return IteratorValue.generator("sync_do_slice", a.at(0), new DeferredItems(() -> {
            List<Value> items = Iteration.list(a.at(0), tools.budget());
            long count = Numbers.clampedLong(a.at(1));
            if (count == 0) {
                throw new PythonException("ZeroDivisionError", "integer division or modulo by zero");
            }
            tools.budget().list(Math.max(0, count));
            List<Value> slices = new ArrayList<>();
            int start = 0;
            for (long i = 0; i < count; i++) {
                boolean longer = i < items.size() % count;
                int end = start + (int) (items.size() / count) + (longer ? 1 : 0);
                List<Value> slice = new ArrayList<>(items.subList(start, end));
                if (!longer) {
                    a.some(2).ifPresent(slice::add);
                }
                slices.add(ListValue.of(slice));
                start = end;
            }
            return slices.iterator();
        }));
    }

    private static Value attribute(FilterTools tools, Signature.Bound a) {
        if (!(a.at(1) instanceof StringValue name)) {
            throw PythonException.type(
                    "attribute name must be string, not '%s'".formatted(a.at(1).typeName()));
        }
        return tools.attributes().has(a.at(0), name.text())
                ? tools.attributes().attribute(a.at(0), name.text())
                : UndefinedValue.member(a.at(0), name);
    }
}
