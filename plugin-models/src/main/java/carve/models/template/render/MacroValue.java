package carve.models.template.render;

import carve.models.template.syntax.Statement.Signature;
import carve.models.template.value.Arguments;
import carve.models.template.value.BooleanValue;
import carve.models.template.value.CallableValue;
import carve.models.template.value.DictValue;
import carve.models.template.value.NoneValue;
import carve.models.template.value.PythonException;
import carve.models.template.value.StringValue;
import carve.models.template.value.TupleValue;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** A macro, or the caller of a call block. */
final class MacroValue implements CallableValue {
    private final String name;
    private final List<String> parameters;
    private final boolean takesCaller;
    private final boolean takesNamed;
    private final boolean takesMore;
    private final Function<Map<String, Value>, Value> body;

    /**
     * Makes a macro.
     *
     * @param name its name; empty for a caller
     * @param used the variables that its body reads
     * @param body what renders it, given the values of the parameters for which there are some
     */
    MacroValue(String name, Signature signature, Set<String> used, Function<Map<String, Value>, Value> body) {
        this.name = name;
        this.parameters = signature.names();
        this.takesCaller = used.contains("caller");
        this.takesNamed = used.contains("kwargs") && !parameters.contains("kwargs");
        this.takesMore = used.contains("varargs") && !parameters.contains("varargs");
        this.body = body;
    }

    @Override
    public Value call(Arguments arguments) {
        Map<String, Value> bound = new LinkedHashMap<>();
        Map<String, Value> named = new LinkedHashMap<>(arguments.named());
        int given = Math.min(parameters.size(), arguments.positional().size());
        for (int i = 0; i < parameters.size(); i++) {
            String parameter = parameters.get(i);
            Value value = i < given ? arguments.positional().get(i) : named.remove(parameter);
            if (value != null) {
                bound.put(parameter, value);
            }
        }
        if (takesCaller && !parameters.contains("caller")) {
            Value caller = named.remove("caller");
            boolean absent = caller == null || caller == NoneValue.NONE;
            bound.put("caller", absent ? UndefinedValue.because("No caller defined") : caller);
        }
        rest(arguments.positional().subList(given, arguments.positional().size()), named, bound);
        return body.apply(bound);
    }

    private void rest(List<Value> more, Map<String, Value> named, Map<String, Value> bound) {
        if (takesNamed) {
            bound.put("kwargs", DictValue.ofNames(named));
        } else if (named.containsKey("caller")) {
            throw PythonException.type(
                    "macro %s was invoked with two values for the special caller argument. This is most likely a bug."
                            .formatted(shownName()));
        } else if (!named.isEmpty()) {
            throw PythonException.type("macro %s takes no keyword argument '%s'"
                    .formatted(shownName(), named.keySet().iterator().next()));
        }
        if (takesMore) {
            bound.put("varargs", TupleValue.of(more));
        } else if (!more.isEmpty()) {
            throw PythonException.type(
                    "macro %s takes not more than %d argument(s)".formatted(shownName(), parameters.size()));
        }
    }

    private String shownName() {
        return name.isEmpty() ? "None" : "'" + name + "'";
    }

    @Override
    public Optional<Value> attribute(String attribute) {
        return switch (attribute) {
            case "name" -> Optional.of(name.isEmpty() ? NoneValue.NONE : StringValue.of(name));
            case "arguments" ->
                Optional.of(
                        TupleValue.of(parameters.stream().map(StringValue::of).toList()));
            case "catch_kwargs" -> Optional.of(BooleanValue.of(takesNamed));
            case "catch_varargs" -> Optional.of(BooleanValue.of(takesMore));
            case "caller" -> Optional.of(BooleanValue.of(takesCaller));
            case "explicit_caller" -> Optional.of(BooleanValue.of(parameters.contains("caller")));
            default -> Optional.empty();
        };
    }

    @Override
    public String typeName() {
        return "Macro";
    }

    @Override
    public String qualifiedTypeName() {
        return "jinja2.runtime.Macro";
    }

    @Override
    public String repr() {
        return name.isEmpty() ? "<Macro anonymous>" : "<Macro '" + name + "'>";
    }
}
