package carve.models.hovle;

import carve.api.text.ChatOptions;
import carve.api.text.Message;
import carve.models.chat.CodeFormat;
import carve.models.text.AnsweredText;
import carve.models.text.ChatTurn;
import carve.models.text.ConversationEncoder;
import carve.models.text.ConversationTurns;
import carve.models.text.InternVlChatTemplate;
import java.util.List;

/**
 * Conversations as InternVL's code writes them.
 *
 * @param template the texts between the turns
 * @param encoder quotes what people wrote
 */
record InternVlFormat(InternVlChatTemplate template, ConversationEncoder encoder) implements CodeFormat {
    @Override
    public String name() {
        return template.name();
    }

    @Override
    public String prompt(List<Message> conversation, ChatOptions options) {
        ConversationTurns parsed = turns(conversation);
        List<ChatTurn> turns = parsed.turns();
        return parsed.asksForAnswer(options)
                ? template(parsed)
                        .prompt(
                                turns.subList(0, turns.size() - 1),
                                turns.getLast().question())
                : template(parsed).text(turns);
    }

    @Override
    public AnsweredText answered(List<Message> conversation) {
        ConversationTurns parsed = turns(conversation);
        return template(parsed).answered(parsed.turns());
    }

    private ConversationTurns turns(List<Message> conversation) {
        return ConversationTurns.of(
                conversation,
                message -> InternVlChatTemplate.withImages(
                        encoder.quote(message.text()), message.images().size()),
                message -> encoder.quote(message.text()));
    }

    private InternVlChatTemplate template(ConversationTurns parsed) {
        return parsed.instructions().isEmpty()
                ? template
                : template.withSystemMessage(parsed.instructions().getLast());
    }
}
