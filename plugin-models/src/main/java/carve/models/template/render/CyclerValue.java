package carve.models.template.render;

import carve.models.template.value.FunctionValue;
import carve.models.template.value.IntegerValue;
import carve.models.template.value.NoneValue;
import carve.models.template.value.ObjectValue;
import carve.models.template.value.PythonException;
import carve.models.template.value.TupleValue;
import carve.models.template.value.Value;
import java.util.List;
import java.util.Optional;

/** Jinja's {@code cycler}: values one after the other, again and again. */
final class CyclerValue implements ObjectValue {
    private final List<Value> items;
    private int position;

    CyclerValue(List<Value> items) {
        if (items.isEmpty()) {
            throw new PythonException("RuntimeError", "at least one item has to be provided");
        }
        this.items = items;
    }

    @Override
    public Optional<Value> attribute(String name) {
        return switch (name) {
            case "current" -> Optional.of(items.get(position));
            case "items" -> Optional.of(TupleValue.of(items));
            case "pos" -> Optional.of(IntegerValue.of(position));
            case "next" -> Optional.of(FunctionValue.method("Cycler", name, arguments -> next()));
            case "reset" ->
                Optional.of(FunctionValue.method("Cycler", name, arguments -> {
                    position = 0;
                    return NoneValue.NONE;
                }));
            default -> Optional.empty();
        };
    }

    private Value next() {
        Value item = items.get(position);
        position = (position + 1) % items.size();
        return item;
    }

    @Override
    public String typeName() {
        return "Cycler";
    }

    @Override
    public String qualifiedTypeName() {
        return "jinja2.utils.Cycler";
    }
}
