package carve.models.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonString;
import org.junit.jupiter.api.Test;

final class ChatRequestTest {
    private static final ChatTemplate DUMP = ChatTemplate.parse(
            "dump", "{{ messages|tojson }} {{ tools }} {{ documents }} {{ add_generation_prompt }} {{ bos_token }}");
    private static final ChatTemplate TRIMMED =
            ChatTemplate.parse("trimmed", "{% for m in messages %}[{{ m.content|trim }}]{% endfor %}");
    private static final ChatTemplate PLAIN =
            ChatTemplate.parse("plain", "{% for m in messages %}[{{ m.content }}]{% endfor %}");
    private static final ChatTemplate PARTS = ChatTemplate.parse(
            "parts", "{% for m in messages %}{% for p in m.content %}{{ p.text }}|{% endfor %}{% endfor %}");

    private static ChatRequest request(String messages) {
        return ChatRequest.of((JsonArray) Json.parse(messages, "messages"));
    }

    @Test
    void nullsAreDroppedAndReasoningStandsUnderBothNames() {
        ChatRequest request = request(
                "[{\"role\": \"user\", \"content\": null}, {\"role\": \"assistant\", \"reasoning\": \"hm\", \"content\": \"x\"}]");
        assertEquals(
                "[{\"role\": \"user\"}, {\"thinking\": \"hm\", \"role\": \"assistant\", \"reasoning\": \"hm\", \"content\": \"x\","
                        + " \"reasoning_content\": \"hm\"}] None None True <s>",
                request.with("bos_token", new JsonString("<s>")).prompt(DUMP, true));
    }

    @Test
    void theLastMessageIsContinued() {
        ChatRequest request =
                request("[{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"b \"}]");
        assertEquals("[a][b ", request.continued(PLAIN));
        assertEquals("[a][b", request.continued(TRIMMED));
        ChatRequest parts = request("[{\"content\": [{\"text\": \"a\"}, {\"text\": \"b\"}, {\"type\": \"image\"}]}]");
        assertEquals("a|b", parts.continued(PARTS));
    }

    @Test
    void whatCannotBeContinuedIsRefused() {
        assertEquals(
                "continue_final_message is set but the final message has no \"content\" to continue!",
                refusal("[{\"role\": \"user\"}]", PLAIN));
        assertEquals(
                "continue_final_message is set but we could not find any text to continue in the final message!",
                refusal("[{\"content\": [{\"type\": \"image\"}]}]", PARTS));
        assertEquals(
                "continue_final_message is set to \"content\" but this is not an accepted field in the chat_template",
                refusal("[{\"content\": \"a\"}]", ChatTemplate.parse("empty", "x")));
        ChatTemplate shortening = ChatTemplate.parse("shortening", "{{ messages[0].content[:1] }}");
        assertEquals(
                "continue_final_message is set but the final message does not appear in the chat after applying the chat template!"
                        + " This can happen if the chat template deletes portions of the final message."
                        + " Please verify the chat template and final message in your chat to ensure they are compatible.",
                refusal("[{\"content\": \"abc\"}]", shortening));
    }

    private static String refusal(String messages, ChatTemplate template) {
        return assertThrows(TemplateException.class, () -> request(messages).continued(template))
                .reason();
    }

    @Test
    void emptyConversationsAndMessagesThatAreNoObjectsAreRefused() {
        TemplateException empty =
                assertThrows(TemplateException.class, () -> request("[]").prompt(PLAIN, true));
        assertEquals(
                "chat template 'plain': ValueError: Cannot apply chat template to an empty conversation. Provide at least one message.",
                empty.getMessage());
        TemplateException text = assertThrows(
                TemplateException.class, () -> request("[\"hello\"]").prompt(PLAIN, true));
        assertEquals("a message must be an object with a role; found \"hello\"", text.reason());
    }
}
