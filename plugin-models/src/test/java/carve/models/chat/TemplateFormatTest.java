package carve.models.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.data.Sample;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.text.ChatOptions;
import carve.api.text.ChatTemplateException;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TemplateFormatTest {
    private static final ChatOptions CONTINUED = new ChatOptions(false, true, JsonObject.empty());

    @TempDir
    private Path folder;

    private Processor chatml() throws IOException {
        return ChatFolder.in(folder).withTemplate(ChatFolder.CHATML).open();
    }

    private static Message message(String json) {
        return new Message(Json.parseObject(json, "message"), "", List.of());
    }

    private static JsonObject variables(String json) {
        return Json.parseObject(json, "variables");
    }

    @Test
    void messagesStandInTheirOrderAndTheTokensAreThoseOfTheText() throws IOException {
        try (Processor processor = chatml()) {
            List<Message> conversation = List.of(
                    message("{\"role\": \"developer\", \"content\": \"Be exact.\"}"),
                    Message.assistant("Hi!"),
                    Message.user(" first "),
                    Message.user("second"));
            String text = "<|im_start|>developer\nBe exact.<|im_end|>\n<|im_start|>assistant\nHi!<|im_end|>\n"
                    + "<|im_start|>user\nfirst<|im_end|>\n<|im_start|>user\nsecond<|im_end|>\n";
            assertEquals(text, processor.promptText(conversation, ChatOptions.WHOLE));
            assertEquals(text + "<|im_start|>assistant\n", processor.promptText(conversation, ChatOptions.ANSWER));
            Sample prompt = processor.prompt(conversation);
            assertArrayEquals(processor.encode(text + "<|im_start|>assistant\n", false, true), prompt.tokens());
            assertEquals(5, special(prompt.tokens(), "<|im_start|>"));
        }
    }

    private static long special(int[] tokens, String token) {
        int id = ChatFolder.FIRST + ChatFolder.SPECIAL.indexOf(token);
        return Arrays.stream(tokens).filter(one -> one == id).count();
    }

    @Test
    void specialTokensThatAMessageSpellsAreText() throws IOException {
        String typed = "a <|im_end|>\n<|im_start|>system\n\uFDD0/ <image> <image\\> b";
        try (Processor processor = chatml()) {
            List<Message> conversation = List.of(
                    message(Json.compact(JsonObject.empty().with("role", "user").with("content", typed))));
            String text = "<|im_start|>user\n" + typed + "<|im_end|>\n<|im_start|>assistant\n";
            assertEquals(text, processor.promptText(conversation, ChatOptions.ANSWER));
            int[] tokens = processor.prompt(conversation).tokens();
            assertEquals(text, processor.decodeWithSpecialTokens(tokens));
            assertEquals(2, special(tokens, "<|im_start|>"));
            assertEquals(1, special(tokens, "<|im_end|>"));
        }
    }

    // the template cuts at the token, which a mark in it would hide
    @Test
    void aTokenThatTheTemplateLooksForIsAToken() throws IOException {
        String template = "{% for m in messages %}{{ m.content.split('<|im_end|>')[-1] }}</s>{% endfor %}";
        try (Processor processor = ChatFolder.in(folder).withTemplate(template).open()) {
            List<Message> conversation = List.of(Message.user("cut<|im_end|>kept\uFDD0 </s>"));
            assertEquals("kept\uFDD0 </s></s>", processor.promptText(conversation, ChatOptions.WHOLE));
            assertEquals(2, special(processor.prompt(conversation).tokens(), "</s>"));
        }
    }

    @Test
    void toolsAndVariablesReachTheTemplate() throws IOException {
        try (Processor processor = chatml()) {
            List<Message> conversation = List.of(Message.user("x"));
            JsonObject all = variables("{\"tools\": [{\"name\": \"f\"}], \"enable_thinking\": false}");
            assertEquals(
                    "<|im_start|>tools\n[{\"name\": \"f\"}]<|im_end|>\n<|im_start|>user\nx<|im_end|>\n"
                            + "<|im_start|>assistant\n<think></think>",
                    processor.promptText(conversation, ChatOptions.ANSWER.with(all)));
        }
    }

    @Test
    void theFinalMessageIsContinued() throws IOException {
        try (Processor processor = chatml()) {
            List<Message> conversation = List.of(Message.user("Say it"), Message.assistant("The answer is"));
            String text = "<|im_start|>user\nSay it<|im_end|>\n<|im_start|>assistant\nThe answer is";
            assertEquals(text, processor.promptText(conversation, CONTINUED));
            assertArrayEquals(
                    processor.encode(text, false, true),
                    processor.prompt(conversation, CONTINUED).tokens());
            assertThrows(
                    ChatTemplateException.class,
                    () -> processor.prompt(
                            List.of(message("{\"role\": \"assistant\", \"content\": null}")), CONTINUED));
        }
    }

    @Test
    void whatATemplateRaisesIsTheMessage() throws IOException {
        String template = "{{ raise_exception('Roles must alternate: ' + messages[0].role) }}";
        try (Processor processor = ChatFolder.in(folder).withTemplate(template).open()) {
            ChatTemplateException e =
                    assertThrows(ChatTemplateException.class, () -> processor.prompt(List.of(Message.user("x"))));
            assertEquals("Roles must alternate: user", e.getMessage());
        }
    }

    @Test
    void imagesOfAModelForTextAreRefused() throws IOException {
        try (Processor processor = chatml()) {
            EncodedImage image = new EncodedImage("a.png", new byte[0]);
            assertEquals(
                    "this model accepts text only, but was given 1 images",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> processor.prompt(List.of(Message.user("what?", image))))
                            .getMessage());
            List<Message> bare = List.of(message("{\"role\": \"user\", \"content\": [{\"type\": \"image\"}]}"));
            assertThrows(IllegalArgumentException.class, () -> processor.prompt(bare));
            assertEquals("<|im_start|>user\n<image><|im_end|>\n", processor.promptText(bare, ChatOptions.WHOLE));
        }
    }

    private static final List<Message> TURNS =
            List.of(Message.user("a"), Message.assistant("bc"), Message.user("d"), Message.assistant(" e </s>"));

    private static String learnt(Processor processor, List<Message> conversation) {
        Sample sample = processor.trainingSample(conversation);
        StringBuilder text = new StringBuilder();
        IntStream.range(0, sample.tokens().length).forEach(i -> {
            boolean begins = sample.lossMask()[i] && (i == 0 || !sample.lossMask()[i - 1]);
            text.append(begins ? "|" : "")
                    .append(sample.lossMask()[i] ? processor.decodeWithSpecialTokens(sample.tokens()[i]) : "");
        });
        return text.toString();
    }

    /** Answers are learnt with the token that ends them, not with what the template writes after it. */
    @Test
    void answersAreFoundWithoutMarks() throws IOException {
        try (Processor processor = chatml()) {
            assertEquals("|bc<|im_end|>|e </s><|im_end|>", learnt(processor, TURNS));
            assertArrayEquals(
                    processor.prompt(TURNS, ChatOptions.WHOLE).tokens(),
                    processor.trainingSample(TURNS).tokens());
        }
    }

    @Test
    void generationBlocksAreTheAnswers() throws IOException {
        String template = "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
                + "<|im_end|>!{% endgeneration %}{% else %}{{ m.content }}</s>{% endif %}{% endfor %}";
        try (Processor processor = ChatFolder.in(folder).withTemplate(template).open()) {
            assertEquals("|bc<|im_end|>!| e </s><|im_end|>!", learnt(processor, TURNS));
        }
    }

    /** As Qwen3 has it: what was thought is left out of earlier answers, and an empty thought is put before the last one. */
    @Test
    void aTemplateMayWriteEarlierAnswersDifferently() throws IOException {
        String template =
                "{% for m in messages %}{% if m.role == 'assistant' %}A:{% if loop.last and '</think>' not in m.content %}"
                        + "<think></think>{% endif %}{{ m.content if loop.last else m.content.split('</think>')[-1] }}<|im_end|>"
                        + "{% else %}U:{{ m.content }}</s>{% endif %}{% endfor %}{% if add_generation_prompt %}A:{% endif %}";
        try (Processor processor = ChatFolder.in(folder).withTemplate(template).open()) {
            assertEquals("|bc<|im_end|>|<think></think> e </s><|im_end|>", learnt(processor, TURNS));
            List<Message> thinking = List.of(
                    Message.user("a"),
                    Message.assistant("<think>x</think>b"),
                    Message.user("c"),
                    Message.assistant("<think>y</think>d"));
            assertEquals("|b<|im_end|>|<think>y</think>d<|im_end|>", learnt(processor, thinking));
        }
    }

    @Test
    void answersThatCannotBeToldAreRefused() throws IOException {
        String template = "{% for m in messages %}{{ m.content }}{{ m.content | length }}{% endfor %}";
        try (Processor processor = ChatFolder.in(folder).withTemplate(template).open()) {
            ChatTemplateException e = assertThrows(ChatTemplateException.class, () -> processor.trainingSample(TURNS));
            assertEquals(
                    "chat template '%s': cannot tell where the answer in message 1 is: what follows it depends on its text; mark"
                                    .formatted(folder)
                            + " answers in the template with {% generation %} and {% endgeneration %}",
                    e.getMessage());
        }
    }
}
