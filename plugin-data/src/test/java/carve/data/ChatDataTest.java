package carve.data;

import static carve.testkit.LoggedAssumptions.assumeTrue;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.text.ChatTemplateException;
import carve.api.text.Processor;
import carve.testkit.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations as samples. */
final class ChatDataTest {
    private static final String MESSAGES = """
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}, \
            {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}]}
            """;

    @TempDir
    private Path folder;

    @TempDir
    private Path cache;

    private List<Sample> samples(String rows, Map<String, Object> others) throws IOException {
        Files.writeString(folder.resolve("chat.jsonl"), rows);
        List<Sample> samples = new ArrayList<>();
        try (Processor processor = TestData.chatProcessor();
                Dataset data = TestData.chat(folder, cache, processor, others)) {
            for (long position = 0; position < data.size(); position++) {
                samples.add(data.sample(position).orElseThrow());
            }
        }
        return samples;
    }

    private String refusal(String row, Map<String, Object> others) {
        String message = assertThrows(SettingsException.class, () -> samples(row, others))
                .getMessage();
        return message.substring(message.indexOf(": line 1: ") + ": line 1: ".length());
    }

    /** Returns the parts of a conversation that have a weight. */
    private static List<String> trained(Sample sample, float weight) {
        List<String> parts = new ArrayList<>();
        try (Processor processor = TestData.chatProcessor()) {
            for (int t = 0; t < sample.tokens().length; t++) {
                if (sample.lossMask()[t] && sample.weight(t) == weight) {
                    boolean begins = t == 0 || !sample.lossMask()[t - 1];
                    String text = processor.decodeWithSpecialTokens(sample.tokens()[t]);
                    parts.add(begins ? text : parts.removeLast() + text);
                }
            }
        }
        return parts;
    }

    @Test
    void completionIsWhatTheAssistantSays() throws IOException {
        Sample sample = samples(MESSAGES, Map.of()).getFirst();
        assertEquals(List.of("Hello.<|im_end|>", "2<|im_end|>"), trained(sample, 1));
    }

    @Test
    void allIsTheWholeConversation() throws IOException {
        Sample sample = samples(MESSAGES, Map.of("mask", "all")).getFirst();
        assertEquals(
                List.of("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n"
                        + "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n2<|im_end|>\n"),
                trained(sample, 1));
    }

    @Test
    void givenWeightsAreThoseOfMessages() throws IOException {
        String row = MESSAGES.replace("\"Hello.\"", "\"Hello.\", \"weight\": 0.5");
        Sample sample = samples(row, Map.of("mask", "given")).getFirst();
        assertEquals(List.of("Hello.<|im_end|>"), trained(sample, 0.5f));
        assertEquals(List.of("2<|im_end|>"), trained(sample, 1));
        String flagged = MESSAGES.replace("\"Hello.\"", "\"Hello.\", \"train\": false");
        assertEquals(
                List.of("2<|im_end|>"),
                trained(samples(flagged, Map.of("mask", "given")).getFirst(), 1));
    }

    @Test
    void formsOfConversationsAreTold() throws IOException {
        Sample expected = samples(
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": \"Hello.\"}]}",
                        Map.of())
                .getFirst();
        for (String row : List.of(
                "{\"conversations\": [{\"from\": \"human\", \"value\": \"Hi\"}, {\"from\": \"gpt\", \"value\": \"Hello.\"}]}",
                "{\"instruction\": \"Hi\", \"input\": \"\", \"output\": \"Hello.\"}")) {
            Sample sample = samples(row, Map.of()).getFirst();
            assertArrayEquals(expected.tokens(), sample.tokens());
            assertArrayEquals(expected.lossMask(), sample.lossMask());
        }
    }

    @Test
    void whatCannotBeToldIsRefusedByName() {
        String both = "{\"messages\": [], \"conversations\": []}";
        assertEquals("the keys of messages and sharegpt are there; set 'format'", refusal(both, Map.of()));
        assertEquals(
                "expected 'messages', 'conversations', or 'instruction' and 'output'; found [text]",
                refusal("{\"text\": \"x\"}", Map.of()));
        assertEquals(
                "expected a message of the assistant, found none",
                refusal("{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}", Map.of()));
        assertEquals(
                "a message has 'weight' or 'train', which mask = completion does not read; set mask = given",
                refusal(MESSAGES.replace("\"2\"", "\"2\", \"weight\": 0"), Map.of()));
        assertTrue(refusal(MESSAGES.replace("\"Hi\"", "\"Hi\", \"weight\": 1"), Map.of("mask", "given"))
                .endsWith("is 'user', but messages of the assistant alone can be trained"));
        assertTrue(refusal(MESSAGES.replace("\"2\"", "\"2\", \"weight\": -1"), Map.of("mask", "given"))
                .contains("must be true, false or a number from 0"));
        assertTrue(refusal("{\"tools\": [{}], " + MESSAGES.substring(1), Map.of())
                .endsWith("is not supported in training data"));
    }

    @Test
    void aTemplateThatHidesAnswersIsRefusedByName() throws IOException {
        Files.writeString(folder.resolve("chat.jsonl"), MESSAGES);
        try (Processor tiny = TestData.chatProcessor()) {
            Processor other = tiny.withChatTemplate(
                    "hides", "{% for m in messages %}{{ m.content | upper }}{{ m.content | length }}{% endfor %}");
            SettingsException refused =
                    assertThrows(SettingsException.class, () -> TestData.chat(folder, cache, other, Map.of()));
            assertTrue(refused.getMessage().contains("chat template 'hides': cannot tell where the answer"));
        }
    }

    @Test
    void truncatedConversationsWithoutAnswersAreLeftOut() throws IOException {
        Files.writeString(folder.resolve("chat.jsonl"), MESSAGES + MESSAGES.replace("Hi", "H".repeat(100)));
        try (Processor processor = TestData.chatProcessor();
                Dataset data =
                        TestData.chat(folder, cache, processor, Map.of("overlong", "truncate", "max-length", 60))) {
            assertEquals(1, data.size());
            assertEquals(
                    1,
                    data.skipped()
                            .get("no token that is trained within 60 tokens")
                            .count());
        }
    }

    /** Each template either has the answers of the conversation in its mask, in order, or is refused by its name. */
    @Test
    void completionsOfPublishedTemplatesAreTheAnswers() {
        Path file = Fixture.folder().resolve("chat").resolve("chat_templates.json");
        assumeTrue(Files.isRegularFile(file), "no chat templates among the fixtures");
        JsonObject row = Json.parseObject(MESSAGES, "messages");
        int told = 0;
        for (JsonValue value : Json.readObject(file).array("templates").items()) {
            JsonObject template = (JsonObject) value;
            try (Processor tiny = TestData.chatProcessor()) {
                Processor processor = tiny.withChatTemplate(template.string("name"), template.string("template"));
                EncodedDocument document = new ChatEncoder(processor, List.of(), ChatMask.COMPLETION).encode(row);
                requireAnswers(processor, document);
                told++;
            } catch (ChatTemplateException | JsonException e) {
                assertTrue(!e.getMessage().isEmpty());
            }
        }
        assertTrue(told > 3, "templates whose answers were told: " + told);
    }

    private static void requireAnswers(Processor processor, EncodedDocument document) {
        StringBuilder trained = new StringBuilder();
        for (int t = 0; t < document.tokens().length; t++) {
            trained.append(document.weights()[t] > 0 ? processor.decodeWithSpecialTokens(document.tokens()[t]) : "");
        }
        int first = trained.indexOf("Hello.");
        assertTrue(first >= 0 && trained.indexOf("2", first) > first, trained::toString);
        assertTrue(trained.indexOf("Hi") < 0 && trained.indexOf("1+1?") < 0, trained::toString);
    }
}
