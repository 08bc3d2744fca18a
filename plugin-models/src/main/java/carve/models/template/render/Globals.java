package carve.models.template.render;

import carve.models.template.value.Arguments;
import carve.models.template.value.Budget;
import carve.models.template.value.CallableValue;
import carve.models.template.value.DictValue;
import carve.models.template.value.FunctionValue;
import carve.models.template.value.Iteration;
import carve.models.template.value.NoneValue;
import carve.models.template.value.Numbers;
import carve.models.template.value.PythonException;
import carve.models.template.value.RangeValue;
import carve.models.template.value.Repr;
import carve.models.template.value.Signature;
import carve.models.template.value.StringValue;
import carve.models.template.value.Value;
import java.time.Clock;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The global functions of chat templates. */
final class Globals {
    private static final int MAX_RANGE = 100_000;
    private static final int MAX_BITS = 60;
    private static final String LOCALS = "_cached_compile_jinja_template.<locals>.";
    private static final Signature RAISE = Signature.of(LOCALS + "raise_exception", 0, "message");
    private static final Signature STRFTIME = Signature.of(LOCALS + "strftime_now", 0, "format");
    private static final Signature JOINER = Signature.of("Joiner.__init__", 1, "sep=");

    private final Budget budget;
    private final Clock clock;

    Globals(Budget budget, Clock clock) {
        this.budget = budget;
        this.clock = clock;
    }

    Map<String, Value> all() {
        Map<String, Value> all = new LinkedHashMap<>();
        add(all, "range", this::range);
        add(all, "namespace", this::namespace);
        add(all, "cycler", arguments -> new CyclerValue(arguments.positional()));
        add(
                all,
                "joiner",
                arguments -> new JoinerValue(JOINER.bind(arguments).optional(0).orElse(StringValue.of(", "))));
        add(all, "raise_exception", arguments -> {
            throw new PythonException(
                    "TemplateError", Repr.str(RAISE.bind(arguments).at(0), budget));
        });
        add(all, "strftime_now", this::strftimeNow);
        add(all, "lipsum", arguments -> {
            throw PythonException.unsupported("lipsum");
        });
        all.put("dict", new DictFunction());
        return all;
    }

    private static void add(Map<String, Value> all, String name, Function<Arguments, Value> body) {
        all.put(name, FunctionValue.function(name, body));
    }

    private Value range(Arguments arguments) {
        List<Value> given = arguments.positional();
        if (given.isEmpty() || given.size() > 3) {
            throw PythonException.type("range expected at %s, got %d"
                    .formatted(given.isEmpty() ? "least 1 argument" : "most 3 arguments", given.size()));
        }
        if (given.stream().anyMatch(bound -> Numbers.integer(bound).bitLength() > MAX_BITS)) {
            throw new PythonException("OverflowError", "Python int too large to convert to C ssize_t");
        }
        long[] bounds = given.stream().mapToLong(Numbers::clampedLong).toArray();
        long start = bounds.length == 1 ? 0 : bounds[0];
        long stop = bounds.length == 1 ? bounds[0] : bounds[1];
        long step = bounds.length == 3 ? bounds[2] : 1;
        if (step == 0) {
            throw PythonException.value("range() arg 3 must not be zero");
        }
        long span = step > 0 ? stop - start : start - stop;
        if (span > 0 && (span - 1) / Math.abs(step) >= MAX_RANGE) {
            throw new PythonException(
                    "OverflowError",
                    "Range too big. The sandbox blocks ranges larger than MAX_RANGE (%d).".formatted(MAX_RANGE));
        }
        return new RangeValue(start, stop, step);
    }

    private Value namespace(Arguments arguments) {
        NamespaceValue namespace = new NamespaceValue(budget);
        namespace.assignAll(dict(arguments));
        return namespace;
    }

    private DictValue dict(Arguments arguments) {
        if (arguments.positional().size() > 1) {
            throw PythonException.type("dict expected at most 1 argument, got %d"
                    .formatted(arguments.positional().size()));
        }
        List<DictValue.Item> items = new ArrayList<>();
        arguments.positional().forEach(source -> items.addAll(items(source)));
        items.addAll(DictValue.ofNames(arguments.named()).items());
        return DictValue.of(items);
    }

    private List<DictValue.Item> items(Value source) {
        if (source instanceof DictValue dict) {
            return List.copyOf(dict.items());
        }
        List<DictValue.Item> items = new ArrayList<>();
        for (Value pair : Iteration.list(source, budget)) {
            if (!Iteration.isIterable(pair)) {
                throw PythonException.type(
                        "cannot convert dictionary update sequence element #%d to a sequence".formatted(items.size()));
            }
            List<Value> parts = Iteration.list(pair, budget);
            if (parts.size() != 2) {
                throw PythonException.value("dictionary update sequence element #%d has length %d; 2 is required"
                        .formatted(items.size(), parts.size()));
            }
            items.add(new DictValue.Item(parts.get(0), parts.get(1)));
        }
        return items;
    }

    private Value strftimeNow(Arguments arguments) {
        Value format = STRFTIME.bind(arguments).at(0);
        if (!(format instanceof StringValue s)) {
            throw PythonException.type("strftime() argument 1 must be str, not "
                    + (format.typeName().equals("NoneType") ? "None" : format.typeName()));
        }
        budget.text(s.text().length());
        return StringValue.of(Strftime.format(s.text(), LocalDateTime.now(clock), budget));
    }

    /** The function {@code dict}, which has a method too. */
    private final class DictFunction implements CallableValue {
        @Override
        public Value call(Arguments arguments) {
            return dict(arguments);
        }

        @Override
        public Optional<Value> attribute(String name) {
            return name.equals("fromkeys")
                    ? Optional.of(FunctionValue.method("dict", name, this::fromKeys))
                    : Optional.empty();
        }

        private Value fromKeys(Arguments arguments) {
            Signature.Bound bound =
                    Signature.of("fromkeys", 0, "iterable", "value=").bind(arguments);
            List<DictValue.Item> items = new ArrayList<>();
            Value value = bound.optional(1).orElse(NoneValue.NONE);
            Iteration.list(bound.at(0), budget).forEach(key -> items.add(new DictValue.Item(key, value)));
            return DictValue.of(items);
        }

        @Override
        public String typeName() {
            return "TemplateDict";
        }
    }
}
