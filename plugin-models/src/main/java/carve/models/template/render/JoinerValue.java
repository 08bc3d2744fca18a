package carve.models.template.render;

import carve.models.template.value.Arguments;
import carve.models.template.value.CallableValue;
import carve.models.template.value.StringValue;
import carve.models.template.value.Value;

/** Jinja's {@code joiner}: nothing when it is called first, then a separator. */
final class JoinerValue implements CallableValue {
    private final Value separator;
    private boolean used;

    JoinerValue(Value separator) {
        this.separator = separator;
    }

    @Override
    public Value call(Arguments arguments) {
        Value result = used ? separator : StringValue.EMPTY;
        used = true;
        return result;
    }

    @Override
    public String typeName() {
        return "Joiner";
    }

    @Override
    public String qualifiedTypeName() {
        return "jinja2.utils.Joiner";
    }
}
