package carve.models.chat;

import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.ChatOptions;
import carve.api.text.ChatTemplateException;
import carve.api.text.Message;
import carve.api.text.Processor.ChatFormat;
import carve.models.template.ChatRequest;
import carve.models.template.ChatTemplate;
import carve.models.template.RenderedPrompt;
import carve.models.template.TemplateException;
import carve.models.template.TextRange;
import carve.models.text.AnsweredText;
import carve.models.text.ConversationEncoder;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * Conversations made by chat templates, as {@code apply_chat_template} of Transformers makes them.
 *
 * <p>Special tokens that a message spells are text, as with {@code sanitize_control_tokens} of Transformers: the conversation is
 * rendered a second time with marks in them, which the encoder knows. Where that gives another text, since the template itself looks
 * for such a token, the marks are left out, and they are tokens.
 *
 * @param templates the templates
 * @param tokens the named tokens that templates see, such as {@code bos_token}
 * @param encoder quotes what people wrote
 * @param images whether the model takes images, whose places the template writes as {@code <image>}
 * @param ends the spellings of tokens that end answers
 */
record TemplateFormat(
        ChatTemplates templates,
        Map<String, String> tokens,
        ConversationEncoder encoder,
        boolean images,
        List<String> ends)
        implements ConversationFormat {
    private static final String TOOLS = "tools";
    private static final String TEMPLATE_ERROR = "TemplateError";
    private static final Pattern GENERATION = Pattern.compile("\\{%[-+]?\\s*generation\\s*[-+]?%\\}");

    /** Copies the collections. */
    TemplateFormat {
        tokens = Map.copyOf(tokens);
        ends = List.copyOf(ends);
    }

    /** A conversation before it is rendered. */
    private record Unrendered(List<JsonObject> messages, JsonObject variables) {
        ChatRequest request() {
            return new ChatRequest(new JsonArray(List.copyOf(messages)), variables);
        }

        Unrendered map(UnaryOperator<String> change) {
            return new Unrendered(
                    messages.stream()
                            .map(message -> JsonStrings.map(message, change))
                            .toList(),
                    JsonStrings.map(variables, change));
        }

        Unrendered with(Map<String, String> tokens) {
            JsonObject all = JsonObject.empty();
            for (Map.Entry<String, String> token : tokens.entrySet()) {
                all = all.with(token.getKey(), token.getValue());
            }
            for (String name : variables.keys()) {
                all = all.with(name, variables.value(name).orElseThrow());
            }
            return new Unrendered(messages, all);
        }
    }

    @Override
    public String name() {
        return templates.select(false).name();
    }

    @Override
    public ChatFormat kind() {
        return ChatFormat.TEMPLATE;
    }

    @Override
    public boolean beginsSequence() {
        return false;
    }

    @Override
    public String prompt(List<Message> conversation, ChatOptions options) {
        ChatTemplate template = templates.select(hasTools(options.variables()));
        return rendered(
                        unrendered(conversation, options.variables()),
                        given -> new RenderedPrompt(
                                options.continueFinalMessage()
                                        ? given.request().continued(template)
                                        : given.request().prompt(template, options.addGenerationPrompt()),
                                List.of()))
                .text();
    }

    @Override
    public AnsweredText answered(List<Message> conversation) {
        ChatTemplate template = templates.select(false);
        RenderedPrompt rendered = rendered(
                unrendered(conversation, JsonObject.empty()),
                GENERATION.matcher(template.source()).find()
                        ? given -> given.request().withGeneration(template)
                        : given -> found(template, given));
        return new AnsweredText(rendered.text(), rendered.generated());
    }

    private RenderedPrompt found(ChatTemplate template, Unrendered given) {
        Function<List<JsonObject>, ChatRequest> request = some -> new Unrendered(some, given.variables()).request();
        AnswerFinder finder = new AnswerFinder(
                template.name(),
                some -> request.apply(some).prompt(template, false),
                some -> request.apply(some).prompt(template, true),
                ends);
        String text = given.request().prompt(template, false);
        return new RenderedPrompt(text, finder.find(given.messages(), text));
    }

    private static boolean hasTools(JsonObject variables) {
        return !(variables.value(TOOLS).orElse(new JsonNull()) instanceof JsonNull);
    }

    private static Unrendered unrendered(List<Message> conversation, JsonObject variables) {
        return new Unrendered(conversation.stream().map(Message::json).toList(), variables);
    }

    private RenderedPrompt rendered(Unrendered given, Function<Unrendered, RenderedPrompt> render) {
        try {
            RenderedPrompt plain = render.apply(given.with(tokens));
            Unrendered quoted = given.map(this::quote);
            RenderedPrompt result = quoted.equals(given) ? plain : quoted(quoted.with(tokens), plain, render);
            // without images, the place of one is text
            return images ? result : changed(result, Message::escape);
        } catch (TemplateException e) {
            throw refusal(e);
        }
    }

    private RenderedPrompt quoted(Unrendered given, RenderedPrompt plain, Function<Unrendered, RenderedPrompt> render) {
        RenderedPrompt unquoted = changed(plain, encoder::literal);
        try {
            RenderedPrompt quoted = render.apply(given);
            return unquote(quoted.text()).equals(plain.text()) ? quoted : unquoted;
        } catch (TemplateException _) {
            return unquoted;
        }
    }

    private String quote(String text) {
        return encoder.quote(images ? Message.escape(text) : text);
    }

    private String unquote(String text) {
        String unquoted = encoder.unquote(text);
        return images ? Message.unescape(unquoted) : unquoted;
    }

    // a change of characters of their own moves the ranges after them
    private static RenderedPrompt changed(RenderedPrompt prompt, UnaryOperator<String> change) {
        String text = change.apply(prompt.text());
        if (text.length() == prompt.text().length()) {
            return prompt;
        }
        List<TextRange> ranges = prompt.generated().stream()
                .map(range -> new TextRange(
                        change.apply(prompt.text().substring(0, range.start())).length(),
                        change.apply(prompt.text().substring(0, range.end())).length()))
                .toList();
        return new RenderedPrompt(text, ranges);
    }

    // what the template raises is for whoever wrote the messages; what goes wrong in it names the template
    private static ChatTemplateException refusal(TemplateException e) {
        return new ChatTemplateException(e.error().equals(TEMPLATE_ERROR) ? e.reason() : e.getMessage(), e);
    }

    /** Returns how many images the contents of messages have places for. */
    static long imageParts(List<Message> conversation) {
        return conversation.stream()
                .map(message -> message.json().value("content").orElse(new JsonNull()))
                .filter(JsonArray.class::isInstance)
                .flatMap(parts -> ((JsonArray) parts).items().stream())
                .filter(TemplateFormat::isImage)
                .count();
    }

    private static boolean isImage(JsonValue part) {
        return part instanceof JsonObject object
                && object.value("type").orElse(new JsonNull()) instanceof JsonString type
                && type.text().equals("image");
    }
}
