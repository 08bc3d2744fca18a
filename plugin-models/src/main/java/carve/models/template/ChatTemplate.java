package carve.models.template;

import carve.api.json.JsonObject;
import carve.models.template.render.Engine;
import carve.models.template.syntax.SyntaxException;
import carve.models.template.value.Budget;
import java.time.Clock;

/**
 * A chat template, parsed. Immutable; may be rendered by several threads at once.
 *
 * <p>The language is Jinja as Transformers sets it up: {@code trim_blocks}, {@code lstrip_blocks}, {@code break} and {@code continue},
 * {@code generation} blocks, {@code raise_exception}, {@code strftime_now}, {@code tojson} without HTML escapes, and a sandbox in which
 * no list and no dict changes. Not supported, and refused where they are used, are {@code autoescape}, the filters {@code pprint},
 * {@code random}, {@code urlize} and {@code wordwrap}, {@code lipsum}, complex numbers, and bytes.
 */
public final class ChatTemplate {
    private final String name;
    private final String source;
    private final Engine engine;
    private final TemplateLimits limits;
    private final Clock clock;

    private ChatTemplate(String name, String source, Engine engine, TemplateLimits limits, Clock clock) {
        this.name = name;
        this.source = source;
        this.engine = engine;
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
        try {
            return new ChatTemplate(
                    name, source, Engine.parse(source), TemplateLimits.standard(), Clock.systemDefaultZone());
        } catch (SyntaxException e) {
            throw new TemplateException(name, e.line(), e.error(), e.reason());
        }
    }

    /** Returns the same template with other limits. */
    public ChatTemplate withLimits(TemplateLimits other) {
        return new ChatTemplate(name, source, engine, other, clock);
    }

    /** Returns the same template with another clock, which {@code strftime_now} reads in its time zone. */
    public ChatTemplate withClock(Clock other) {
        return new ChatTemplate(name, source, engine, limits, other);
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
        return render(variables, false).text();
    }

    /**
     * Returns the text that the template makes of these variables, and what of it {@code generation} blocks made.
     *
     * @throws TemplateException if the template raises an error or goes over its limits, or has a generation block within a macro, a call
     *     or a set block, of which it is not known where its text goes
     */
    public RenderedPrompt renderWithGeneration(JsonObject variables) {
        return render(variables, true);
    }

    private RenderedPrompt render(JsonObject variables, boolean tracking) {
        Budget budget = new Budget(limits.maxSteps(), limits.maxCharacters(), limits.maxDepth());
        try {
            Engine.Result result = engine.render(variables, budget, clock, tracking);
            return new RenderedPrompt(result.text(), result.generated());
        } catch (Engine.Failure e) {
            throw new TemplateException(
                    name, e.line(), e.python().error(), e.python().reason());
        }
    }
}
