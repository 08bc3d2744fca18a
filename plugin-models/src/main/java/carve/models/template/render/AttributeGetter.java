package carve.models.template.render;

import carve.models.template.value.Attributes;
import carve.models.template.value.Characters;
import carve.models.template.value.IntegerValue;
import carve.models.template.value.NoneValue;
import carve.models.template.value.StringValue;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A path by which filters take an item's attribute: {@code a.b.0} is the first item of the attribute b of the attribute a. */
final class AttributeGetter {
    private final List<Value> parts;
    private final Optional<Value> otherwise;
    private final boolean ignoreCase;
    private final Attributes attributes;

    private AttributeGetter(List<Value> parts, Optional<Value> otherwise, boolean ignoreCase, Attributes attributes) {
        this.parts = parts;
        this.otherwise = otherwise;
        this.ignoreCase = ignoreCase;
        this.attributes = attributes;
    }

    /** Returns the getter of an attribute; of the item itself if there is none, or None. */
    static AttributeGetter of(Optional<Value> attribute, FilterTools tools) {
        return new AttributeGetter(parts(attribute), Optional.empty(), false, tools.attributes());
    }

    /** Returns the getters of attributes that commas separate. */
    static List<AttributeGetter> several(Optional<Value> attribute, boolean ignoreCase, FilterTools tools) {
        List<AttributeGetter> getters = new ArrayList<>();
        if (attribute.isPresent() && attribute.get() instanceof StringValue s) {
            for (String one : s.text().split(",", -1)) {
                getters.add(of(Optional.of(StringValue.of(one)), tools).ignoringCase(ignoreCase));
            }
            return getters;
        }
        return List.of(of(attribute, tools).ignoringCase(ignoreCase));
    }

    /** Returns a getter that makes strings lower case. */
    AttributeGetter ignoringCase(boolean ignore) {
        return new AttributeGetter(parts, otherwise, ignore, attributes);
    }

    /** Returns a getter that gives another value where an attribute is undefined. */
    AttributeGetter or(Optional<Value> value) {
        return new AttributeGetter(parts, value, ignoreCase, attributes);
    }

    private static List<Value> parts(Optional<Value> attribute) {
        if (attribute.isEmpty() || attribute.get() == NoneValue.NONE) {
            return List.of();
        }
        if (!(attribute.get() instanceof StringValue s)) {
            return List.of(attribute.get());
        }
        List<Value> parts = new ArrayList<>();
        for (String part : s.text().split("\\.", -1)) {
            boolean digits = !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9') && part.length() < 100;
            parts.add(digits ? new IntegerValue(new BigInteger(part)) : StringValue.of(part));
        }
        return parts;
    }

    Value of(Value item) {
        Value value = item;
        for (Value part : parts) {
            value = attributes.item(value, part);
            if (otherwise.isPresent() && value instanceof UndefinedValue) {
                value = otherwise.get();
            }
        }
        return ignoreCase && value instanceof StringValue s ? s.with(Characters.lower(s.text())) : value;
    }
}
