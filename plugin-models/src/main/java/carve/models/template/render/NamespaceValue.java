package carve.models.template.render;

import carve.models.template.value.Budget;
import carve.models.template.value.DictValue;
import carve.models.template.value.ObjectValue;
import carve.models.template.value.PythonException;
import carve.models.template.value.Repr;
import carve.models.template.value.StringValue;
import carve.models.template.value.Value;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Jinja's {@code namespace}: attributes that inner scopes may assign. */
final class NamespaceValue implements ObjectValue {
    private final Map<String, Value> attributes = new LinkedHashMap<>();
    private final Budget budget;
    private boolean printing;

    NamespaceValue(Budget budget) {
        this.budget = budget;
    }

    void assign(String name, Value value) {
        if (name.startsWith("_")) {
            throw new PythonException(
                    "SecurityError",
                    "Chat templates cannot store underscore-prefixed attributes on a namespace, but got %s. Please rename the attribute."
                            .formatted(Repr.quoted(name)));
        }
        budget.spend(1);
        attributes.put(name, value);
    }

    void assignAll(DictValue items) {
        items.items().forEach(item -> assign(((StringValue) item.key()).text(), item.value()));
    }

    @Override
    public Optional<Value> attribute(String name) {
        return Optional.ofNullable(attributes.get(name));
    }

    @Override
    public String typeName() {
        return "TemplateNamespace";
    }

    @Override
    public String qualifiedTypeName() {
        return "transformers.utils.chat_template_utils.TemplateNamespace";
    }

    // a namespace may hold itself
    @Override
    public String repr() {
        if (printing) {
            return "{...}";
        }
        printing = true;
        String repr = "<Namespace " + Repr.repr(DictValue.ofNames(attributes), budget) + ">";
        printing = false;
        return repr;
    }
}
