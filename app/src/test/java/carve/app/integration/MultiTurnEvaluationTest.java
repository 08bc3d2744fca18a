package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LoadedModel;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.app.TestDistribution;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.eval.EvaluationConfig;
import carve.runtime.eval.ExactMatchEvaluation;
import carve.runtime.eval.LlavaQuestions.Question;
import carve.runtime.eval.MultiTurnEvaluation;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
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

/** Tests that later questions of a conversation follow the model's own earlier answers. */
final class MultiTurnEvaluationTest {
    private static final Path TEACHER = Path.of("..", "demo", "teacher");

    private static Question question(String text, Path... images) {
        return new Question(text, "all", List.of(images), List.of(Message.user("<image>\n" + text)), "no");
    }

    @Test
    void eachPictureHasAConversationThatBeginsElsewhere() {
        Path one = Path.of("1.png");
        Path two = Path.of("2.png");
        MultiTurnEvaluation multiTurnEvaluation = MultiTurnEvaluation.of(
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
                multiTurnEvaluation.conversations().stream()
                        .map(talk -> talk.stream().map(Question::id).toList())
                        .toList());
    }

    @Test
    void aTurnComesAfterWhatTheModelSaid() throws IOException {
        Terminal nowhere =
                new Terminal(new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()), false);
        Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
        try (Device device = new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
                ModelFolder folder =
                        ModelFolder.open(TEACHER, catalogs.families().providers(), catalogs.mixerCatalog());
                Processor processor = folder.processor();
                LoadedModel model = folder.load(device, WeightPrecision.AS_STORED);
                ProgressBar bar = new ProgressBar(nowhere, "asking", "questions")) {
            ExactMatchEvaluation exactMatchEvaluation =
                    new ExactMatchEvaluation(model, processor, new EvaluationConfig(4, 12));
            List<Question> questions = List.of(text("is there a red star?"), text("how many shapes are there?"));
            List<ExactMatchEvaluation.Result> turns =
                    new MultiTurnEvaluation(List.of(questions), 2).run(exactMatchEvaluation, bar);
            String first = turns.getFirst().answers().getFirst().answer();
            List<Message> all = List.of(
                    Message.user("is there a red star?"),
                    Message.assistant(first),
                    Message.user("how many shapes are there?"));
            var alone = exactMatchEvaluation.run(List.of(new Question("alone", "all", List.of(), all, "no")), bar);
            assertEquals(all, turns.getLast().answers().getFirst().question().conversation());
            assertEquals(
                    alone.answers().getFirst().answer(),
                    turns.getLast().answers().getFirst().answer());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo/teacher", "demo/matvlm/teacher"})
    void aModelIsAskedAtEachTurnAsItHasLearned(String teacher) throws IOException {
        Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
        var png = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(48, 48, BufferedImage.TYPE_INT_RGB), "png", png);
        List<Message> talk = List.of(
                Message.user("is there a red star?", new EncodedImage("black", png.toByteArray())),
                Message.assistant("no"),
                Message.user("describe the picture"),
                Message.assistant("a green star middle left"),
                Message.user("where is the star?"),
                Message.assistant("middle left"));
        try (ModelFolder folder = ModelFolder.open(
                        Path.of("..").resolve(teacher), catalogs.families().providers(), catalogs.mixerCatalog());
                Processor processor = folder.processor()) {
            Sample learned = processor.trainingSample(talk);
            for (int turn = 1; turn < talk.size(); turn += 2) {
                int[] asked = processor.prompt(talk.subList(0, turn)).tokens();
                assertArrayEquals(asked, Arrays.copyOf(learned.tokens(), asked.length));
                int[] answer = IntStream.iterate(asked.length, i -> i + 1)
                        .takeWhile(i -> i < learned.tokens().length && learned.lossMask()[i])
                        .map(i -> learned.tokens()[i])
                        .takeWhile(token -> !processor.stopTokens().contains(token))
                        .toArray();
                assertEquals(talk.get(turn).text(), processor.decode(answer));
            }
        }
    }

    private static Question text(String text) {
        return new Question(text, "all", List.of(), List.of(Message.user(text)), "no");
    }
}
