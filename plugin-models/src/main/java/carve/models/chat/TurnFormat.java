package carve.models.chat;

import carve.api.text.ChatOptions;
import carve.api.text.Message;
import carve.models.template.TextRange;
import carve.models.text.AnsweredText;
import carve.models.text.ChatTurn;
import carve.models.text.ConversationEncoder;
import carve.models.text.ConversationTemplate;
import carve.models.text.ConversationTurns;
import java.util.ArrayList;
import java.util.List;

/**
 * Conversations as TinyLLaVA's code writes them: a question's images come before its text, each on a line of its own, wherever
 * their placeholders were.
 *
 * @param template the texts between the turns
 * @param encoder quotes what people wrote
 * @param images whether the model takes images
 */
record TurnFormat(ConversationTemplate template, ConversationEncoder encoder, boolean images) implements CodeFormat {
    @Override
    public String name() {
        return template.name();
    }

    @Override
    public String prompt(List<Message> conversation, ChatOptions options) {
        ConversationTurns parsed = turns(conversation);
        ConversationTemplate used = template(parsed);
        return parsed.asksForAnswer(options) ? used.prompt(parsed.turns()) : used.text(parsed.turns());
    }

    @Override
    public AnsweredText answered(List<Message> conversation) {
        ConversationTurns parsed = turns(conversation);
        ConversationTemplate used = template(parsed);
        List<TextRange> answers = new ArrayList<>();
        for (int i = 1; i <= parsed.turns().size(); i++) {
            List<ChatTurn> soFar = parsed.turns().subList(0, i);
            answers.add(
                    new TextRange(used.prompt(soFar).length(), used.text(soFar).length()));
        }
        return new AnsweredText(used.text(parsed.turns()), answers);
    }

    private ConversationTurns turns(List<Message> conversation) {
        return ConversationTurns.of(
                conversation,
                this::question,
                message -> message.isFrom(Message.Role.ASSISTANT) ? answer(message) : encoder.quote(message.text()));
    }

    private ConversationTemplate template(ConversationTurns parsed) {
        return parsed.instructions().isEmpty()
                ? template
                : template.withSystemMessage(parsed.instructions().getLast());
    }

    private String question(Message message) {
        int count = message.images().size();
        int places = ChatProcessor.placeholders(message.text());
        if (count > 0 && !images) {
            throw new IllegalArgumentException(
                    "this model accepts text only, but was given %d images".formatted(count));
        }
        if (places > 0 && places != count) {
            throw new IllegalArgumentException(
                    "%d placeholders '%s' for %d images; use one placeholder for each image, or none"
                            .formatted(places, ChatProcessor.PLACEHOLDER, count));
        }
        return count == 0
                ? encoder.quote(message.text())
                : ((ChatProcessor.PLACEHOLDER + "\n").repeat(count)
                                + encoder.quote(message.text()
                                        .replace(ChatProcessor.PLACEHOLDER, "")
                                        .strip()))
                        .strip();
    }

    private String answer(Message message) {
        if (message.text().contains(ChatProcessor.PLACEHOLDER)
                || !message.images().isEmpty()) {
            throw new IllegalArgumentException("an assistant message is text only; it must not contain images or '%s'"
                    .formatted(ChatProcessor.PLACEHOLDER));
        }
        return encoder.quote(message.text());
    }
}
