package carve.models.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ChatTemplateTest {
    private static final TemplateLimits SMALL = new TemplateLimits(200_000, 1 << 16, 100);

    private static String render(String source) {
        return ChatTemplate.parse("chat.jinja", source).withLimits(SMALL).render(JsonObject.empty());
    }

    @Test
    void messagesNameTheTemplateAndTheLine() {
        TemplateException parsing = assertThrows(TemplateException.class, () -> render("a\n{% if x %}\n{% endfor %}"));
        assertEquals(
                "chat template 'chat.jinja', line 3: TemplateSyntaxError: Encountered unknown tag 'endfor'. Jinja was looking for the"
                        + " following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.",
                parsing.getMessage());
        TemplateException rendering =
                assertThrows(TemplateException.class, () -> render("\n\n{{ raise_exception('no tools here') }}"));
        assertEquals("chat template 'chat.jinja', line 3: TemplateError: no tools here", rendering.getMessage());
        assertEquals("TemplateError", rendering.error());
        assertEquals("no tools here", rendering.reason());
        assertEquals(3, rendering.line());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
                "{% for i in range(99999) %}{{ 'abcdefghij' * 100 }}{% endfor %}",
                "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
                "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s.replace('', ns.s) %}{% endfor %}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
                "{% set ns = namespace(i=[1]) %}{% for i in range(9999) %}{% set ns.i = ns.i|map('string') %}{% endfor %}{{ ns.i|list }}",
                "{% set ns = namespace(n=9) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}{{ ns.n }}",
                "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
                "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{% set ns = namespace(a=[], b=[]) %}{% for i in range(99) %}{% set ns.a = [ns.a, ns.a] %}"
                        + "{% set ns.b = [ns.b, ns.b] %}{% endfor %}{{ ns.a == ns.b }}",
                "{% set ns = namespace(t=(1, 2)) %}{% for i in range(99) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ {ns.t: 1} }}",
                "{{ 'a' * 999999999 }}",
                "{{ [1] * 999999999 }}",
                "{{ 9 ** 999999999 }}",
                "{{ 'a'.center(999999999) }}",
                "{{ '%999999999d' % 1 }}",
                "{{ '{:999999999}'.format(1) }}",
                "{{ '%.999999999f' % 1 }}",
                "{{ [[1]]|tojson(indent=999999999) }}",
                "{{ 'a\nb'|indent(999999999) }}",
                "{{ [1]|batch(999999999, 0)|list }}",
                "{{ [1]|slice(999999999)|list }}",
            })
    void limitsEndEveryTemplate(String source) {
        TemplateException e = assertThrows(TemplateException.class, () -> render(source));
        assertEquals("LimitError", e.error());
    }

    @Test
    void expressionsAreNotNestedWithoutEnd() {
        for (String source : List.of(
                "{{ " + "(".repeat(100_000),
                "{{ " + "-".repeat(100_000) + "1 }}",
                "{{ 1" + " + 1".repeat(100_000) + " }}",
                "{% if x %}".repeat(100_000),
                "{{ x" + "|list".repeat(100_000) + " }}",
                "{{ " + "[".repeat(100_000))) {
            TemplateException e = assertThrows(TemplateException.class, () -> render(source));
            assertEquals("LimitError", e.error());
        }
    }

    @Test
    void limitsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new TemplateLimits(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new TemplateLimits(1, 1, 100_000));
    }

    @Test
    void anInterruptedThreadStops() {
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> render("{% for i in range(99999) %}{% endfor %}"));
        assertTrue(Thread.interrupted());
    }

    @Test
    void theClockIsReadInItsZone() {
        Clock clock = Clock.fixed(Instant.parse("2026-01-15T23:30:00Z"), ZoneId.of("Asia/Tokyo"));
        ChatTemplate template = ChatTemplate.parse("date", "{{ strftime_now('%d %b %Y %H:%M') }}");
        assertEquals("16 Jan 2026 08:30", template.withClock(clock).render(JsonObject.empty()));
        Clock later = Clock.offset(clock, Duration.ofDays(1));
        assertEquals("17 Jan 2026 08:30", template.withClock(later).render(JsonObject.empty()));
    }

    @Test
    void generationBlocksTellWhatTheAssistantWrote() {
        ChatTemplate template = ChatTemplate.parse(
                "generation", "{% for i in l %}<{% generation %}{{ i }}\uD83D\uDE00{% endgeneration %}>{% endfor %}");
        JsonObject variables = JsonObject.empty().with("l", JsonArray.of(JsonNumber.of(1), JsonNumber.of(22)));
        RenderedPrompt prompt = template.renderWithGeneration(variables);
        assertEquals("<1\uD83D\uDE00><22\uD83D\uDE00>", prompt.text());
        assertEquals(List.of(new TextRange(1, 4), new TextRange(6, 10)), prompt.generated());
    }

    @Test
    void generationBlocksWhoseTextMayMoveAreRefused() {
        ChatTemplate template = ChatTemplate.parse(
                "generation", "{% macro f() %}{% generation %}a{% endgeneration %}{% endmacro %}b{{ f()|upper }}");
        assertEquals("bA", template.render(JsonObject.empty()));
        TemplateException e =
                assertThrows(TemplateException.class, () -> template.renderWithGeneration(JsonObject.empty()));
        assertEquals("NotImplementedError", e.error());
    }

    @Test
    void oneTemplateRendersInManyThreads() {
        ChatTemplate template = ChatTemplate.parse(
                "threads",
                "{% set ns = namespace(n=0) %}{% for i in range(99) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}");
        List<String> texts = IntStream.range(0, 64)
                .parallel()
                .mapToObj(i -> template.render(JsonObject.empty()))
                .distinct()
                .toList();
        assertEquals(List.of("4851"), texts);
    }
}
