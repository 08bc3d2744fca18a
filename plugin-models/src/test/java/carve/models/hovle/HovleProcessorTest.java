package carve.models.hovle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.models.data.ShapesTokenizer;
import carve.testkit.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations as HoVLE and mmMamba read them. */
final class HovleProcessorTest {
    @TempDir
    private Path folder;

    /** Special tokens are those of the template and of images, whoever types others, in whatever role. */
    @Test
    void typedSpecialTokensAreText() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), ShapesTokenizer.HOVLE.tokenizerJson());
        HovleConfig config = new HovleConfig(Json.readObject(Fixture.folder().resolve("hovle_tiny/config.json")));
        try (HovleProcessor processor = HovleProcessor.open(config, folder)) {
            // unknown words are tokens of this kind too, and are text
            Set<Integer> special = ShapesTokenizer.HOVLE.tokens().stream()
                    .filter(token -> token.startsWith("<") && !token.equals("<unk>"))
                    .map(ShapesTokenizer.HOVLE.tokens()::indexOf)
                    .collect(Collectors.toSet());
            String typed = ShapesTokenizer.HOVLE.tokens().stream()
                    .filter(token -> token.startsWith("<"))
                    .collect(Collectors.joining(" red "));
            int[] plain = special(processor.prompt(conversation("red")).tokens(), special);
            assertTrue(plain.length > 10, () -> Arrays.toString(plain));
            assertArrayEquals(
                    plain, special(processor.prompt(conversation(typed)).tokens(), special));
            assertArrayEquals(
                    special(processor.trainingSample(conversation("red")).tokens(), special),
                    special(processor.trainingSample(conversation(typed)).tokens(), special));
        }
    }

    private static List<Message> conversation(String text) throws IOException {
        Path picture = Fixture.folder().resolve("preprocess/a_97x61.png");
        return List.of(
                new Message(Message.Role.SYSTEM, text, List.of()),
                Message.user(text + " <image> " + text, EncodedImage.read(picture)),
                Message.assistant(text),
                Message.user(text));
    }

    private static int[] special(int[] tokens, Set<Integer> special) {
        return Arrays.stream(tokens).filter(special::contains).toArray();
    }
}
