package carve.app.work;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.model.LoadedModel;
import carve.api.model.Message;
import carve.api.model.ModelFolder;
import carve.api.model.Picture;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.api.model.Storage;
import carve.api.tensor.Workspace.Kernels;
import carve.app.Assembled;
import carve.app.terminal.ProgressBar;
import carve.app.terminal.Terminal;
import carve.app.work.Conversations.Question;
import carve.hocon.Catalogs;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes later in a conversation is asked after what the model said before, whatever that was. */
final class TalksTest {
    private static final Path TEACHER = Path.of("..", "demo", "teacher");

    private static Question question(String text, Path... images) {
        return new Question(text, "all", List.of(images), List.of(Message.user("<image>\n" + text)), "no");
    }

    @Test
    void eachPictureHasAConversationThatBeginsElsewhere() {
        Path one = Path.of("1.png");
        Path two = Path.of("2.png");
        Talks talks = Talks.of(
                List.of(
                        question("a", one),
                        question("b", one),
                        question("c", one),
                        question("d", two),
                        question("e", two),
                        question("f", two)),
                2);
        assertEquals(
                List.of(List.of("a", "b"), List.of("e", "f")),
                talks.talks().stream()
                        .map(talk -> talk.stream().map(Question::id).toList())
                        .toList());
    }

    @Test
    void aTurnComesAfterWhatTheModelSaid() throws IOException {
        Terminal nowhere =
                new Terminal(new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()), false);
        Catalogs catalogs = Assembled.catalogs(new ReferenceDeviceProvider());
        try (Device device = new DeviceChoice(catalogs.devices(), "cpu", Kernels.PREFERRED).open();
                ModelFolder folder =
                        ModelFolder.open(TEACHER, catalogs.families().providers(), catalogs.mixerCatalog());
                Processor processor = folder.processor();
                LoadedModel model = folder.load(device, Storage.KEEP);
                ProgressBar bar = new ProgressBar(nowhere, "asking", "questions")) {
            Evaluation evaluation = new Evaluation(model, processor, new AppConfig.Evaluating(4, 12));
            List<Question> questions = List.of(text("is there a red star?"), text("how many shapes are there?"));
            List<Evaluation.Result> turns = new Talks(List.of(questions), 2).run(evaluation, bar);
            String first = turns.getFirst().answers().getFirst().answer();
            List<Message> all = List.of(
                    Message.user("is there a red star?"),
                    Message.assistant(first),
                    Message.user("how many shapes are there?"));
            var alone = evaluation.run(List.of(new Question("alone", "all", List.of(), all, "no")), bar);
            assertEquals(all, turns.getLast().answers().getFirst().question().turns());
            assertEquals(
                    alone.answers().getFirst().answer(),
                    turns.getLast().answers().getFirst().answer());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo/teacher", "demo/matvlm/teacher"})
    void aModelIsAskedAtEachTurnAsItHasLearned(String teacher) throws IOException {
        Catalogs catalogs = Assembled.catalogs(new ReferenceDeviceProvider());
        var png = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(48, 48, BufferedImage.TYPE_INT_RGB), "png", png);
        List<Message> talk = List.of(
                Message.user("is there a red star?", new Picture("black", png.toByteArray())),
                Message.assistant("no"),
                Message.user("describe the picture"),
                Message.assistant("a green star middle left"),
                Message.user("where is the star?"),
                Message.assistant("middle left"));
        try (ModelFolder folder = ModelFolder.open(
                        Path.of("..").resolve(teacher), catalogs.families().providers(), catalogs.mixerCatalog());
                Processor processor = folder.processor()) {
            Sample learned = processor.example(talk);
            for (int turn = 1; turn < talk.size(); turn += 2) {
                int[] asked = processor.prompt(talk.subList(0, turn)).tokens();
                assertArrayEquals(asked, Arrays.copyOf(learned.tokens(), asked.length));
                int[] answer = IntStream.iterate(asked.length, i -> i + 1)
                        .takeWhile(i -> i < learned.tokens().length && learned.answer()[i])
                        .map(i -> learned.tokens()[i])
                        .takeWhile(token -> !processor.stops().contains(token))
                        .toArray();
                assertEquals(talk.get(turn).text(), processor.decode(answer));
            }
        }
    }

    private static Question text(String text) {
        return new Question(text, "all", List.of(), List.of(Message.user(text)), "no");
    }
}
