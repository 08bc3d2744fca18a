package carve.models.template;

import carve.api.json.JsonObject;
import carve.testkit.fuzz.FuzzTarget;
import carve.testkit.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every mutated template renders, or is refused by an error of Carve's own, within its limits. */
final class TemplateFuzzTest {
    private static final TemplateLimits LIMITS = new TemplateLimits(2_000_000, 1 << 20, 500);

    @Test
    void everyTemplateIsRenderedOrRefused() throws IOException {
        JsonObject snippets = SnippetsTest.snippets();
        List<byte[]> seeds = new ArrayList<>();
        StringBuilder all = new StringBuilder();
        for (var snippet : snippets.array("cases").items()) {
            String template = ((JsonObject) snippet).string("template");
            seeds.add(template.getBytes(StandardCharsets.UTF_8));
            if (((JsonObject) snippet).has("text")) {
                all.append(template);
            }
        }
        seeds.add(all.toString().getBytes(StandardCharsets.UTF_8));
        List<String> words = List.of(
                "{% for i in l %}",
                "{% endfor %}",
                "{% if x %}",
                "{% endif %}",
                "{{ ",
                " }}",
                "{% macro f(a) %}",
                "{{ f(f) }}",
                "|map('upper')",
                "|list",
                " * 99999",
                "loop(",
                " ** ",
                "namespace(",
                "|tojson(indent=9)",
                ".format(",
                "'%999999s' % ",
                "range(99999)",
                "|batch(9)",
                "|join",
                "[::-1]",
                "not ",
                "-",
                "(",
                "{#",
                "#}",
                "{% raw %}");
        Fuzzer.check(new FuzzTarget(
                "chat template",
                seeds,
                words,
                input -> ChatTemplate.parse("fuzz", new String(input, StandardCharsets.UTF_8))
                        .withLimits(LIMITS)
                        .renderWithGeneration(snippets.object("variables"))));
    }
}
