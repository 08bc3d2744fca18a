package carve.models.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.models.text.ChatTurn;
import carve.models.text.ConversationTemplate;
import carve.models.text.ImageTokens;
import carve.models.text.InternVlChatTemplate;
import carve.models.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tokenizer of the world of shapes knows every word of it, one token each, and gives every text back. */
class ShapesTokenizerTest {
    private static final ShapesDataset DATA = new ShapesDataset(ShapesConfig.standard(42));

    @TempDir
    private Path folder;

    private Tokenizer tokenizer;

    @BeforeEach
    void open() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), ShapesTokenizer.HOVLE.tokenizerJson());
        tokenizer = Tokenizer.open(folder);
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    @Test
    void idsAreTheOrderOfTokens() {
        List<String> tokens = ShapesTokenizer.HOVLE.tokens();
        assertTrue(tokens.size() < 160, tokens.size() + " tokens");
        assertEquals(tokens.size(), new HashSet<>(tokens).size());
        assertEquals(tokens.size(), tokenizer.vocabularySize());
        for (int id = 0; id < tokens.size(); id++) {
            assertEquals(id, tokenizer.requiredId(tokens.get(id)));
        }
    }

    @Test
    void everyQuestionAndAnswerComesBack() {
        for (int i = 0; i < 1_000; i++) {
            for (Question question : DATA.questions(DATA.scene(Split.TRAIN, i))) {
                assertRoundTrip(question.text());
                assertRoundTrip(question.answer());
            }
        }
    }

    @Test
    void aConversationComesBackToItsNewlines() {
        String text = "user\nImage-1: Image-2: how many?\nwhere is the star?";
        assertRoundTrip(text);
    }

    @Test
    void aPromptHasOneTokenPerWordAndMark() {
        var template = InternVlChatTemplate.internLm2Chat().withSystemMessage("");
        var encoder = ImageTokens.INTERN_VL.encoder(tokenizer);
        var tokens = template.answered(List.of(new ChatTurn("<image>\nhow many circles are there?", "two")))
                .encode(text -> ImageTokens.INTERN_VL.encode(encoder, text, List.of(2), true));
        assertEquals(
                List.of(
                        "<s>",
                        "<|im_start|>",
                        "\u2581system",
                        "\n",
                        "<|im_end|>",
                        "<|im_start|>",
                        "\u2581user",
                        "\n",
                        "<img>",
                        "<IMG_CONTEXT>",
                        "<IMG_CONTEXT>",
                        "</img>",
                        "\n",
                        "\u2581how",
                        "\u2581many",
                        "\u2581circles",
                        "\u2581are",
                        "\u2581there",
                        "?",
                        "<|im_end|>",
                        "<|im_start|>",
                        "\u2581assistant",
                        "\n",
                        "\u2581two",
                        "<|im_end|>"),
                Arrays.stream(tokens.ids())
                        .mapToObj(id -> ShapesTokenizer.HOVLE.tokens().get(id))
                        .toList());
        boolean[] expected = new boolean[25];
        expected[23] = true;
        expected[24] = true;
        assertArrayEquals(expected, tokens.answerMask());
    }

    @Test
    void turnsOfPhiHaveOneTokenPerWordAndMark() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), ShapesTokenizer.PHI.tokenizerJson());
        try (Tokenizer phi = Tokenizer.open(folder)) {
            var template = ConversationTemplate.of("phi").withSystemMessage("");
            var turns = List.of(new ChatTurn("how many?", "two"), new ChatTurn("where is it?", "top left"));
            int[] ids = phi.encode(template.text(turns));
            assertEquals(
                    "\u2581USER : \u2581how \u2581many ? \u2581ASSISTANT : \u2581two <|endoftext|>"
                            + " \u2581USER : \u2581where \u2581is <unk> ? \u2581ASSISTANT : \u2581top \u2581left <|endoftext|>",
                    Arrays.stream(ids)
                            .mapToObj(id -> ShapesTokenizer.PHI.tokens().get(id))
                            .collect(Collectors.joining(" ")));
        }
    }

    @Test
    void answersStreamWordByWord() {
        var stream = tokenizer.stream();
        var pieces = new StringBuilder();
        for (int id : tokenizer.encode("a red star top left<|im_end|>")) {
            pieces.append('[').append(stream.push(id)).append(']');
        }
        assertEquals("[][a][ red][ star][ top][ left][]", pieces.toString());
    }

    private void assertRoundTrip(String text) {
        int[] ids = tokenizer.encode(text);
        assertEquals(1, ids[0]);
        assertTrue(
                Arrays.stream(ids).noneMatch(id -> id == 0),
                () -> text + " has unknown words: " + Arrays.toString(ids));
        assertEquals(text, tokenizer.decode(ids));
    }
}
