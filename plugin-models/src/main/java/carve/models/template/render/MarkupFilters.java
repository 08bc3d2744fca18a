package carve.models.template.render;

import carve.models.template.value.BooleanValue;
import carve.models.template.value.DictValue;
import carve.models.template.value.Markup;
import carve.models.template.value.NoneValue;
import carve.models.template.value.PythonException;
import carve.models.template.value.Repr;
import carve.models.template.value.Signature;
import carve.models.template.value.StringValue;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The filters of HTML. */
final class MarkupFilters {
    private static final Pattern TAGS = Pattern.compile("<!--.*?-->|<[^>]*>", Pattern.DOTALL);
    private static final Pattern ATTRIBUTE_ENDS = Pattern.compile("[\\s/>=]");

    private MarkupFilters() {}

    static void addTo(Map<String, Filter> all) {
        Filter escape = Filter.of(Signature.of("escape", 0, "s"), (tools, a) -> Markup.of(a.at(0), tools.budget()));
        all.put("e", escape);
        all.put("escape", escape);
        all.put(
                "forceescape",
                Filter.of(
                        Signature.of("do_forceescape", 0, "value"),
                        (tools, a) -> new StringValue(Markup.escape(tools.str(a.at(0))), true)));
        all.put(
                "safe",
                Filter.of(
                        Signature.of("do_mark_safe", 0, "value"),
                        (tools, a) -> new StringValue(tools.str(a.at(0)), true)));
        all.put("striptags", Filter.of(Signature.of("do_striptags", 0, "value"), MarkupFilters::stripTags));
        all.put("xmlattr", Filter.of(Signature.of("do_xmlattr", 1, "d", "autospace="), MarkupFilters::attributes));
    }

    private static Value stripTags(FilterTools tools, Signature.Bound a) {
        String text = TAGS.matcher(tools.str(a.at(0))).replaceAll("");
        String unescaped = text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&#34;", "\"")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
        return StringValue.of(unescaped.strip().replaceAll("\\s+", " "));
    }

    private static Value attributes(FilterTools tools, Signature.Bound a) {
        if (a.at(0) instanceof UndefinedValue undefined) {
            throw undefined.failure();
        }
        if (!(a.at(0) instanceof DictValue dict)) {
            throw new PythonException(
                    "AttributeError",
                    "'%s' object has no attribute 'items'".formatted(a.at(0).typeName()));
        }
        List<String> attributes = new ArrayList<>();
        for (DictValue.Item item : dict.items()) {
            if (item.value() == NoneValue.NONE || item.value() instanceof UndefinedValue) {
                continue;
            }
            String name = tools.str(item.key());
            if (ATTRIBUTE_ENDS.matcher(name).find()) {
                throw PythonException.value("Invalid character in attribute name: " + Repr.quoted(name));
            }
            attributes.add("%s=\"%s\""
                    .formatted(
                            Markup.of(item.key(), tools.budget()).text(),
                            Markup.of(item.value(), tools.budget()).text()));
        }
        boolean spaced = a.optional(1).orElse(BooleanValue.TRUE).truth() && !attributes.isEmpty();
        return StringValue.of((spaced ? " " : "") + String.join(" ", attributes));
    }
}
