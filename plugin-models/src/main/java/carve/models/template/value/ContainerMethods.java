package carve.models.template.value;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The methods of Python's {@code dict}, {@code list}, {@code tuple} and {@code range} that change nothing. */
final class ContainerMethods {
    private final Budget budget;

    ContainerMethods(Budget budget) {
        this.budget = budget;
    }

    Optional<Value> method(DictValue dict, String name) {
        return switch (name) {
            case "get", "items", "keys", "values", "copy", "fromkeys" ->
                Optional.of(FunctionValue.method(
                        "dict", name, arguments -> call(dict, new MethodCall("dict", name, arguments))));
            default -> Optional.empty();
        };
    }

    private Value call(DictValue dict, MethodCall call) {
        return switch (call.name()) {
            case "get" -> {
                call.between(1, 2);
                yield dict.value(call.at(0).orElseThrow()).or(() -> call.at(1)).orElse(NoneValue.NONE);
            }
            case "items" -> view(DictView.Kind.ITEMS, dict, call);
            case "keys" -> view(DictView.Kind.KEYS, dict, call);
            case "values" -> view(DictView.Kind.VALUES, dict, call);
            case "fromkeys" -> fromKeys(call, budget);
            default -> {
                call.none();
                yield DictValue.of(dict.items());
            }
        };
    }

    private static Value view(DictView.Kind kind, DictValue dict, MethodCall call) {
        call.none();
        return new DictView(kind, dict);
    }

    static Value fromKeys(MethodCall call, Budget budget) {
        call.between(1, 2);
        Value value = call.at(1).orElse(NoneValue.NONE);
        List<DictValue.Item> items = new ArrayList<>();
        for (Value key : Iteration.list(call.at(0).orElseThrow(), budget)) {
            items.add(new DictValue.Item(key, value));
        }
        return DictValue.of(items);
    }

    Optional<Value> item(TupleValue tuple, String name) {
        int index = tuple.names().indexOf(name);
        return index < 0 ? Optional.empty() : Optional.of(tuple.items().get(index));
    }

    Optional<Value> method(SequenceValue sequence, String name) {
        boolean known =
                name.equals("count") || name.equals("index") || name.equals("copy") && sequence instanceof ListValue;
        return known
                ? Optional.of(FunctionValue.method(
                        sequence.typeName(),
                        name,
                        arguments -> call(sequence, new MethodCall(sequence.typeName(), name, arguments))))
                : Optional.empty();
    }

    private Value call(SequenceValue sequence, MethodCall call) {
        budget.spend(sequence.items().size());
        return switch (call.name()) {
            case "copy" -> {
                call.none();
                yield sequence;
            }
            case "count" -> {
                Value wanted = call.one();
                yield IntegerValue.of(sequence.items().stream()
                        .filter(item -> Comparison.equal(item, wanted, budget))
                        .count());
            }
            default -> index(sequence, call.between(1, 3));
        };
    }

    private Value index(SequenceValue sequence, MethodCall call) {
        List<Value> items = sequence.items();
        Value wanted = call.at(0).orElseThrow();
        long start = bound(call, 1, 0, items.size());
        long end = Math.min(items.size(), bound(call, 2, items.size(), items.size()));
        for (long i = start; i < end; i++) {
            if (Comparison.equal(items.get((int) i), wanted, budget)) {
                return IntegerValue.of(i);
            }
        }
        throw PythonException.value(
                sequence instanceof TupleValue
                        ? "tuple.index(x): x not in tuple"
                        : Repr.repr(wanted) + " is not in " + sequence.typeName());
    }

    private static long bound(MethodCall call, int index, long otherwise, int count) {
        if (call.at(index).isEmpty()) {
            return otherwise;
        }
        long at = call.integer(index);
        return at < 0 ? Math.max(0, at + count) : at;
    }
}
