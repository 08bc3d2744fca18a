package carve.models.template.render;

import carve.models.template.value.Arguments;
import carve.models.template.value.Arithmetic;
import carve.models.template.value.Attributes;
import carve.models.template.value.Budget;
import carve.models.template.value.PythonException;
import carve.models.template.value.Repr;
import carve.models.template.value.StringValue;
import carve.models.template.value.Value;
import java.util.HashMap;
import java.util.Map;

/** The filters of Jinja, with {@code tojson} as Transformers has it. */
final class Filters {
    private static final Map<String, Filter> ALL = all();

    private final FilterTools tools;

    Filters(Attributes attributes, Tests tests, Budget budget) {
        this.tools = new FilterTools(budget, new Arithmetic(budget), attributes, this, tests);
    }

    private static Map<String, Filter> all() {
        Map<String, Filter> all = new HashMap<>();
        TextFilters.addTo(all);
        MarkupFilters.addTo(all);
        NumberFilters.addTo(all);
        SequenceFilters.addTo(all);
        OrderFilters.addTo(all);
        SelectionFilters.addTo(all);
        JsonFilter.addTo(all);
        for (String name : new String[] {"pprint", "random", "urlize", "wordwrap"}) {
            all.put(name, (tools, arguments) -> {
                throw PythonException.unsupported("the filter " + name);
            });
        }
        return Map.copyOf(all);
    }

    /** Returns whether there is a filter of this name. */
    static boolean exists(String name) {
        return ALL.containsKey(name);
    }

    /** Returns the result of a filter that a template names. */
    Value used(String name, Value subject, Arguments arguments) {
        return apply(name, subject, arguments, "No filter named %s found.");
    }

    /** Returns the result of a filter whose name is an argument of another. */
    Value called(Value name, Value subject, Arguments arguments) {
        String text = name instanceof StringValue s ? s.text() : Repr.repr(name, tools.budget());
        return apply(text, subject, arguments, "No filter named %s.");
    }

    private Value apply(String name, Value subject, Arguments arguments, String problem) {
        Filter filter = ALL.get(name);
        if (filter == null) {
            throw new PythonException("TemplateRuntimeError", problem.formatted(Repr.quoted(name)));
        }
        tools.budget().enter();
        Value result = filter.apply(tools, Filter.arguments(subject, arguments));
        tools.budget().leave();
        return result;
    }
}
