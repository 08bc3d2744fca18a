package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.stage.StageException;
import carve.api.text.Message;
import carve.runtime.io.FileDigests;
import carve.runtime.train.InputFiles;
import carve.runtime.train.Resume;
import carve.runtime.train.StageContext;
import carve.runtime.train.StageReport;
import carve.runtime.train.StageResult;
import carve.testkit.CharacterProcessor;
import carve.testkit.SmallModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is resumed finds the files of its data as they were, or says which one has changed. */
final class ChangedInputFilesTest {
    private static final String ENTRY = """
            {"id": "%d", "conversations": [{"from": "human", "value": "what"}, {"from": "gpt", "value": "%s"}]}""";

    @TempDir
    private Path folder;

    private Path file;
    private Path run;

    private static final class Letters extends CharacterProcessor {
        @Override
        public Sample trainingSample(List<Message> conversation) {
            int[] tokens = conversation.getLast().text().chars().map(c -> c % 7).toArray();
            boolean[] answer = new boolean[tokens.length];
            Arrays.fill(answer, true);
            return new Sample(tokens, answer, Map.of());
        }
    }

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("train.json");
        run = folder.resolve("run");
        answers("circle", "square");
    }

    private void answers(String first, String second) throws IOException {
        Files.writeString(file, "[%s, %s]".formatted(ENTRY.formatted(1, first), ENTRY.formatted(2, second)));
    }

    private StageResult train(Resume resume, ProgressListener listener) throws IOException {
        try (Device device = new ReferenceDevice();
                LoadedModel student = SmallModels.decoder(device, 42);
                Dataset data = TestParts.data("type = llava, file = \"%s\"".formatted(file), new Letters(), 1)) {
            InputFiles files = InputFiles.of(data.files(), new FileDigests(List.of(run)), _ -> {});
            return TestStages.of("type = supervised, name = learn, batch-size = 2, checkpoint-steps = 1, steps = 4")
                    .run(new StageContext(
                            Optional.empty(),
                            student,
                            List.of(),
                            data,
                            files,
                            run,
                            Optional.empty(),
                            resume,
                            StageReport.NONE,
                            listener));
        }
    }

    private void stopAfterTwoSteps() {
        ProgressListener stop = (done, total, loss, rate) -> {
            if (done == 2) {
                throw new IllegalStateException("stopped");
            }
        };
        assertThrows(IllegalStateException.class, () -> train(Resume.NO, stop));
    }

    @Test
    void aChangedFileOfTheSameLengthIsRefusedByName() throws IOException {
        stopAfterTwoSteps();
        answers("circle", "squary");
        String message = assertThrows(StageException.class, () -> train(Resume.SAME_FILES, ProgressListener.NONE))
                .getMessage();
        assertTrue(
                message.startsWith(
                        "stage 'learn': cannot resume from " + run.resolve("checkpoint-0000000002.safetensors")
                                + ", these input files have changed:\n  train.json: was sha256 "),
                message);
        assertTrue(
                message.endsWith(
                        "\nrestore them, pass --allow-changed-files to train on with the files as they are now, or start"
                                + " a new run in another folder"),
                message);
    }

    @Test
    void theSameFilesAreResumed() throws IOException {
        stopAfterTwoSteps();
        answers("circle", "square");
        assertEquals(4, train(Resume.SAME_FILES, ProgressListener.NONE).steps());
    }

    @Test
    void changedFilesAreResumedIfAllowedAndAreThenTheRunsOwn() throws IOException {
        stopAfterTwoSteps();
        answers("circle", "squary");
        assertEquals(4, train(Resume.CHANGED_FILES, ProgressListener.NONE).steps());
        assertEquals(4, train(Resume.SAME_FILES, ProgressListener.NONE).steps());
        answers("circle", "square");
        assertThrows(StageException.class, () -> train(Resume.SAME_FILES, ProgressListener.NONE));
    }

    @Test
    void aListOfFilesThatIsGoneIsSaid() throws IOException {
        stopAfterTwoSteps();
        answers("circle", "squary");
        Files.delete(run.resolve("input-files.json"));
        String message = assertThrows(StageException.class, () -> train(Resume.SAME_FILES, ProgressListener.NONE))
                .getMessage();
        assertTrue(message.contains("which ones cannot be told, since " + run.resolve("input-files.json")), message);
    }
}
