package carve.models.chat;

import carve.api.text.ChatTemplateException;
import carve.models.template.TemplateException;
import carve.models.text.ConversationEncoder;
import carve.models.text.TextFiles;
import carve.models.text.TokenizerConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The formats that chat templates make. */
public final class Formats {
    private Formats() {}

    /** Returns the format of a model's chat templates, if it has any; one that refuses conversations if they cannot be parsed. */
    static Optional<ConversationFormat> of(Path model, TextFiles files, ConversationEncoder encoder) {
        return parsed(() -> ChatTemplates.of(model, files.config()), files, encoder, false);
    }

    /** Returns the format of chat templates in files of their own, if there are any. */
    public static Optional<ConversationFormat> ofFiles(
            Path folder, TextFiles files, ConversationEncoder encoder, boolean images) {
        return parsed(() -> ChatTemplates.ofFiles(folder), files, encoder, images);
    }

    // without a template, texts can be continued all the same
    private static Optional<ConversationFormat> parsed(
            Supplier<ChatTemplates> templates, TextFiles files, ConversationEncoder encoder, boolean images) {
        try {
            ChatTemplates parsed = templates.get();
            return parsed.byName().isEmpty() ? Optional.empty() : Optional.of(format(parsed, files, encoder, images));
        } catch (TemplateException e) {
            return Optional.of(new NoFormat(e.getMessage()));
        }
    }

    /**
     * Returns the format of a chat template that was given.
     *
     * @throws ChatTemplateException if it cannot be parsed
     */
    public static ConversationFormat given(
            String name, String source, TextFiles files, ConversationEncoder encoder, boolean images) {
        try {
            return format(
                    ChatTemplates.of(name, Map.of(TokenizerConfig.DEFAULT_TEMPLATE, source)), files, encoder, images);
        } catch (TemplateException e) {
            throw new ChatTemplateException(e.getMessage(), e);
        }
    }

    private static ConversationFormat format(
            ChatTemplates templates, TextFiles files, ConversationEncoder encoder, boolean images) {
        List<String> ends = files.endTokens().stream()
                .map(files.tokenizer()::decodeWithSpecialTokens)
                .toList();
        return new TemplateFormat(templates, files.config().tokens(), encoder, images, ends);
    }

    /** Returns the source of the default template, if the format has one. */
    public static Optional<String> source(ConversationFormat format) {
        return format instanceof TemplateFormat template
                ? Optional.of(template.templates().select(false).source())
                : Optional.empty();
    }
}
