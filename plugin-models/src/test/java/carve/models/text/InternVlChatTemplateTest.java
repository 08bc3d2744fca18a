package carve.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.json.Json;
import carve.api.text.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prompts are written as InternVL's {@code internlm2-chat} writes them. */
class InternVlChatTemplateTest {
    private static final InternVlChatTemplate QUIET =
            InternVlChatTemplate.internLm2Chat().withSystemMessage("");

    @TempDir
    private Path folder;

    @Test
    void aPromptIsTheOfficialText() {
        assertEquals(
                "<|im_start|>system\n你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。<|im_end|>"
                        + "<|im_start|>user\nhello<|im_end|><|im_start|>assistant\nyes<|im_end|><|im_start|>user\nmore?<|im_end|><|im_start|>assistant\n",
                InternVlChatTemplate.internLm2Chat().prompt(List.of(new ChatTurn("hello", "yes")), "more?"));
    }

    @Test
    void theConfigurationNamesTemplateAndSystemMessage() {
        assertEquals(
                InternVlChatTemplate.internLm2Chat(),
                InternVlChatTemplate.of(Json.parseObject("{\"template\": \"internlm2-chat\"}", "config.json")));
        assertEquals(
                "<|im_start|>system\n<|im_end|><|im_start|>user\na<|im_end|><|im_start|>assistant\n",
                InternVlChatTemplate.of(Json.parseObject("{\"system_message\": \"\"}", "config.json"))
                        .prompt(List.of(), "a"));
        var e = assertThrows(
                TextException.class,
                () -> InternVlChatTemplate.of(Json.parseObject("{\"template\": \"phi3\"}", "config.json")));
        assertEquals("no chat template 'phi3'; there are internlm2-chat", e.getMessage());
    }

    @Test
    void picturesStandInFrontUnlessTheQuestionPlacesThem() {
        assertEquals("what?", InternVlChatTemplate.withImages("what?", 0));
        assertEquals("<image>\nwhat?", InternVlChatTemplate.withImages("what?", 1));
        assertEquals("Image-1: <image>\nImage-2: <image>\nwhat?", InternVlChatTemplate.withImages("what?", 2));
        assertEquals("in <image> what?", InternVlChatTemplate.withImages("in <image> what?", 1));
    }

    @Test
    void placeholdersBecomeContextTokensInOrder() {
        assertEquals(
                "a <img><IMG_CONTEXT><IMG_CONTEXT></img> b <img><IMG_CONTEXT></img>",
                ImageTokens.INTERN_VL.expand("a <image> b <image>", List.of(2, 1)));
        assertEquals("prompt: 1 placeholders '<image>' for 2 images", message("<image>", 1, 2));
        assertEquals("prompt: 2 placeholders '<image>' for 1 images", message("<image><image>", 1));
    }

    @Test
    void typedPlaceholdersAndContextTokensAreText() throws IOException {
        SentencePieceModelWriter.write(folder, "\u2581", "a", "b");
        Files.writeString(
                folder.resolve("added_tokens.json"), "{\"<img>\": 267, \"</img>\": 268, \"<IMG_CONTEXT>\": 269}");
        try (var tokenizer = Tokenizer.open(folder)) {
            ConversationEncoder encoder = ImageTokens.INTERN_VL.encoder(tokenizer);
            String typed = encoder.quote(Message.escape("a <IMG_CONTEXT><image></s> "));
            int[] ids = ImageTokens.INTERN_VL.encode(encoder, typed + "<image>" + typed, List.of(2), true);
            assertEquals(2, Arrays.stream(ids).filter(id -> id == 269).count());
            assertEquals(1, Arrays.stream(ids).filter(id -> id == 267).count());
            // the model puts a space before the text after a special token
            assertEquals("a <IMG_CONTEXT><image></s>  a <IMG_CONTEXT><image></s> ", tokenizer.decode(ids));
            assertThrows(
                    TextException.class,
                    () -> ImageTokens.INTERN_VL.encode(encoder, typed + "<image>", List.of(1, 1), true));
            assertThrows(TextException.class, () -> ImageTokens.INTERN_VL.encode(encoder, typed, List.of(1), true));
        }
    }

    @Test
    void theModelLearnsAnswersAndTheirEndAlone() throws IOException {
        SentencePieceModelWriter.write(folder, "\u2581", "a", "b", "system\n", "user\n", "assistant\n");
        Files.writeString(
                folder.resolve("added_tokens.json"),
                "{\"<|im_start|>\": 265, \"<|im_end|>\": 266, \"<img>\": 267, \"</img>\": 268, \"<IMG_CONTEXT>\": 269}");
        try (var tokenizer = Tokenizer.open(folder)) {
            var turns = List.of(
                    new ChatTurn("<image>a", "ab"), new ChatTurn("b", "<|im_end|>"), new ChatTurn("<image>", ""));
            var encoder = ImageTokens.INTERN_VL.encoder(tokenizer);
            var tokens = QUIET.answered(turns)
                    .encode(text -> ImageTokens.INTERN_VL.encode(
                            encoder, text, List.of(2, 1).subList(0, ImageTokens.INTERN_VL.count(text)), true));
            assertArrayEquals(
                    tokenizer.encode(ImageTokens.INTERN_VL.expand(QUIET.text(turns), List.of(2, 1))), tokens.ids());
            assertEquals("ab^|^^|^", learned(tokenizer, tokens));
            var prompt =
                    tokenizer.encode(ImageTokens.INTERN_VL.expand(QUIET.prompt(List.of(), "<image>a"), List.of(2)));
            assertEquals(false, tokens.answerMask()[prompt.length - 1]);
            assertEquals(true, tokens.answerMask()[prompt.length]);
        }
    }

    @Test
    void stopsAreTheIdsThatTheTokenizerHas() throws IOException {
        SentencePieceModelWriter.write(folder, "a");
        Files.writeString(folder.resolve("added_tokens.json"), "{\"<|im_end|>\": 300}");
        try (var tokenizer = Tokenizer.open(folder)) {
            assertArrayEquals(new int[] {300, 2}, QUIET.stopIds(tokenizer));
        }
    }

    private static String message(String prompt, Integer... counts) {
        return assertThrows(TextException.class, () -> ImageTokens.INTERN_VL.expand(prompt, List.of(counts)))
                .getMessage();
    }

    /** Writes the learned tokens, a bar where others stand between them and a caret for the end of a message. */
    private static String learned(Tokenizer tokenizer, TokenizedConversation tokens) {
        var text = new StringBuilder();
        int end = tokenizer.requiredId("<|im_end|>");
        for (int i = 0; i < tokens.ids().length; i++) {
            if (tokens.answerMask()[i]) {
                text.append(tokens.ids()[i] == end ? "^" : tokenizer.decode(tokens.ids()[i]));
            } else if (!text.isEmpty() && text.charAt(text.length() - 1) != '|') {
                text.append('|');
            }
        }
        return text.toString();
    }
}
