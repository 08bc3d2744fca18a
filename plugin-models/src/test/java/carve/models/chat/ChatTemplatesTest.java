package carve.models.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.JsonObject;
import carve.api.text.ChatOptions;
import carve.api.text.ChatTemplateException;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.api.text.Processor.ChatFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChatTemplatesTest {
    private static final List<Message> QUESTION = List.of(Message.user("x"));
    private static final ChatOptions WITH_TOOLS = ChatOptions.WHOLE.with(JsonObject.empty()
            .with("tools", carve.api.json.JsonArray.of(JsonObject.empty().with("name", "f"))));

    @TempDir
    private Path folder;

    private static String prompt(Processor processor, ChatOptions options) {
        return processor.promptText(QUESTION, options);
    }

    /** The order of Transformers: files of their own, the processor's file, the tokenizer's configuration. */
    @Test
    void filesGoBeforeConfigurations() throws IOException {
        ChatFolder chat = ChatFolder.in(folder).withTemplate("config");
        try (Processor processor = chat.open()) {
            assertEquals("config", prompt(processor, ChatOptions.WHOLE));
        }
        chat.with("chat_template.json", "{\"chat_template\": \"json\"}");
        try (Processor processor = chat.open()) {
            assertEquals("json", prompt(processor, ChatOptions.WHOLE));
        }
        chat.with("chat_template.jinja", "jinja");
        try (Processor processor = chat.open()) {
            assertEquals("jinja", prompt(processor, WITH_TOOLS));
        }
        chat.with("additional_chat_templates/tool_use.jinja", "tools");
        try (Processor processor = chat.open()) {
            assertEquals("jinja", prompt(processor, ChatOptions.WHOLE));
            assertEquals("tools", prompt(processor, WITH_TOOLS));
        }
    }

    @Test
    void namedTemplatesAreChosenByWhatIsAsked() throws IOException {
        ChatFolder chat = ChatFolder.in(folder)
                .with(
                        "tokenizer_config.json",
                        "{\"chat_template\": [{\"name\": \"default\", \"template\": \"a\"},"
                                + " {\"name\": \"tool_use\", \"template\": \"b\"}, {\"name\": \"rag\", \"template\": \"c\"}]}");
        try (Processor processor = chat.open()) {
            assertEquals("a", prompt(processor, ChatOptions.WHOLE));
            assertEquals("b", prompt(processor, WITH_TOOLS));
        }
        chat.with("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"c\"}]}");
        try (Processor processor = chat.open()) {
            assertEquals(
                    "the model has the chat templates rag, but none is called 'default'; give one with --chat-template FILE",
                    assertThrows(ChatTemplateException.class, () -> prompt(processor, ChatOptions.WHOLE))
                            .getMessage());
        }
    }

    /** No template is guessed, whatever the type of the model; texts can be continued all the same. */
    @Test
    void conversationsWithoutATemplateAreRefused() throws IOException {
        ChatFolder.in(folder);
        for (String type : List.of("phi", "qwen2", "llama", "internlm2")) {
            JsonObject config = JsonObject.empty().with("model_type", type);
            try (Processor processor = ChatProcessor.text(config, folder)) {
                assertEquals(ChatFormat.NONE, processor.chatFormat());
                ChatTemplateException e = assertThrows(ChatTemplateException.class, () -> processor.prompt(QUESTION));
                assertEquals(
                        ("%s has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json or GGUF metadata),"
                                        + " so there are no conversations with it; give the model's own template with"
                                        + " --chat-template FILE, or continue texts: POST /v1/completions, or carve generate --raw")
                                .formatted(folder),
                        e.getMessage());
                assertThrows(ChatTemplateException.class, processor::requireChat);
                assertThrows(ChatTemplateException.class, () -> processor.trainingSample(QUESTION));
                assertEquals("ab", processor.decode(processor.encode("ab")));
            }
        }
    }

    @Test
    void aTemplateThatIsGivenTakesThePlaceOfTheModels() throws IOException {
        ChatFolder chat = ChatFolder.in(folder);
        try (Processor processor = chat.open().withChatTemplate("my.jinja", "{{ bos_token }}mine")) {
            assertEquals(ChatFormat.TEMPLATE, processor.chatFormat());
            assertEquals("mine", prompt(processor, ChatOptions.WHOLE));
            processor.requireChat();
        }
        try (Processor processor = chat.withTemplate("config").open()) {
            assertEquals("<s>mine", prompt(processor.withChatTemplate("x", "{{ bos_token }}mine"), ChatOptions.WHOLE));
            assertThrows(ChatTemplateException.class, () -> processor.withChatTemplate("x", "{% if %}"));
        }
    }

    @Test
    void aTemplateThatCannotBeParsedRefusesConversationsAlone() throws IOException {
        try (Processor processor =
                ChatFolder.in(folder).withTemplate("{% for %}").open()) {
            String message = assertThrows(ChatTemplateException.class, processor::requireChat)
                    .getMessage();
            assertTrue(message.startsWith("chat template '%s', line 1: ".formatted(folder)), message);
            assertEquals("ab", processor.decode(processor.encode("ab")));
        }
    }
}
