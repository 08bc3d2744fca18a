package carve.models.template.render;

import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.models.template.value.BooleanValue;
import carve.models.template.value.DictValue;
import carve.models.template.value.FloatValue;
import carve.models.template.value.IntegerValue;
import carve.models.template.value.ListValue;
import carve.models.template.value.NoneValue;
import carve.models.template.value.StringValue;
import carve.models.template.value.Value;
import java.math.BigInteger;

/** JSON as Python's {@code json.loads} reads it: a number without fraction and exponent is an {@code int}. */
final class JsonValues {
    private JsonValues() {}

    static Value of(JsonValue json) {
        return switch (json) {
            case JsonNull none -> NoneValue.NONE;
            case JsonBoolean b -> BooleanValue.of(b.value());
            case JsonNumber n -> number(n);
            case JsonString s -> StringValue.of(s.text());
            case JsonArray array ->
                ListValue.of(array.items().stream().map(JsonValues::of).toList());
            case JsonObject object ->
                DictValue.of(object.members().entrySet().stream()
                        .map(member -> new DictValue.Item(StringValue.of(member.getKey()), of(member.getValue())))
                        .toList());
        };
    }

    private static Value number(JsonNumber number) {
        boolean whole = number.text().chars().allMatch(c -> c == '-' || c >= '0' && c <= '9');
        return whole ? new IntegerValue(new BigInteger(number.text())) : new FloatValue(number.real());
    }
}
