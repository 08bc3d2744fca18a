package carve.models.template;

import carve.api.json.JsonObject;
import java.time.Clock;
import java.util.List;

/**
 * A chat template, parsed. Immutable; may be rendered by several threads at once.
 *
 * <p>The language is Jinja as Transformers sets it up: {@code trim_blocks}, {@code lstrip_blocks}, {@code break} and {@code continue},
 * {@code generation} blocks, {@code raise_exception}, {@code strftime_now}, and {@code tojson} without HTML escapes.
 */
public final class ChatTemplate {
    private final String name;
    private final String source;
    private final TemplateLimits limits;
    private final Clock clock;

    private ChatTemplate(String name, String source, TemplateLimits limits, Clock clock) {
        this.name = name;
        this.source = source;
        this.limits = limits;
        this.clock = clock;
    }

    /**
     * Returns the template with this source, standard limits and the clock of the machine.
     *
     * @param name what messages call it, such as {@code chat_template.jinja}
     * @throws TemplateException if it cannot be parsed
     */
    public static ChatTemplate parse(String name, String source) {
        if (source.contains("{")) {
            throw new TemplateException(
                    name, 0, "TemplateSyntaxError", "the tags of templates are not interpreted by this version");
        }
        return new ChatTemplate(name, source, TemplateLimits.standard(), Clock.systemDefaultZone());
    }

    /** Returns the same template with other limits. */
    public ChatTemplate withLimits(TemplateLimits other) {
        return new ChatTemplate(name, source, other, clock);
    }

    /** Returns the same template with another clock, which {@code strftime_now} reads in its time zone. */
    public ChatTemplate withClock(Clock other) {
        return new ChatTemplate(name, source, limits, other);
    }

    /** Returns what messages call the template. */
    public String name() {
        return name;
    }

    /** Returns the text that was parsed. */
    public String source() {
        return source;
    }

    /**
     * Returns the text that the template makes of these variables.
     *
     * @throws TemplateException if the template raises an error or goes over its limits
     */
    public String render(JsonObject variables) {
        return renderWithGeneration(variables).text();
    }

    /**
     * Returns the text that the template makes of these variables, and what of it {@code generation} blocks made.
     *
     * @throws TemplateException if the template raises an error or goes over its limits
     */
    public RenderedPrompt renderWithGeneration(JsonObject variables) {
        return new RenderedPrompt(source, List.of());
    }
}
