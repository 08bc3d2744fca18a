package carve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.text.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PromptTest {
    @Test
    void aConversationIsBuiltMessageByMessage() {
        Prompt first = Prompt.user("Who are you?");
        Prompt all = first.then("A model.", "Which one?").withSystem("Answer briefly.");
        assertEquals(
                List.of(
                        new Message(Message.Role.SYSTEM, "Answer briefly.", List.of()),
                        Message.user("Who are you?"),
                        Message.assistant("A model."),
                        Message.user("Which one?")),
                all.messages());
        assertEquals(List.of(Message.user("Who are you?")), first.messages());
    }
}
