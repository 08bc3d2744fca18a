package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.runtime.io.ProcessLock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run is resumed with what it began with, or what is different is named. */
final class ResumeTest {
    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.installed();
    private Path run;
    private Path teacher;
    private String train;

    @BeforeEach
    void trainATeacher() throws IOException {
        Path model = UntrainedModel.write(carve, folder);
        run = folder.resolve("run");
        teacher = run.resolve("model");
        train = recipe("teacher.conf", "model = \"%s\", out = \"%s\"".formatted(model, run), "type = supervised");
        carve.succeeds("train", train);
    }

    private String recipe(String name, String models, String stage) throws IOException {
        return Files.writeString(
                        folder.resolve(name), """
                %s
                data { type = llava, file = "%s" }
                stages = [{ name = words, %s, steps = 2, batch-size = 2, tensorboard = false, checkpoint-steps = 1 }]
                """.formatted(models, folder.resolve("shapes/train.json"), stage))
                .toString();
    }

    private String refused(String... line) {
        assertEquals(1, carve.run(line), carve.out());
        return carve.err();
    }

    // one bit of the byte in the middle
    private static void flip(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }

    // the header before them has times, which differ
    private static byte[] tensors(byte[] file) {
        long header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return Arrays.copyOfRange(file, Math.toIntExact(Long.BYTES + header), file.length);
    }

    @Test
    void aFolderInUseIsRefused() throws IOException {
        try (ProcessLock _ = ProcessLock.acquire(run)) {
            String error = refused("train", train, "--resume");
            assertTrue(
                    error.startsWith("carve: %s is in use by process %d on "
                            .formatted(run, ProcessHandle.current().pid())),
                    error);
        }
        carve.succeeds("train", train, "--resume");
    }

    @Test
    void aBrokenNewestCheckpointNamesTheOneBefore() throws IOException {
        Path newest = run.resolve("words/checkpoint-0000000002.safetensors");
        byte[] whole = Files.readAllBytes(newest);
        flip(newest);
        String error = refused("train", train, "--resume");
        assertTrue(
                error.startsWith(
                        "carve: stage 'words': the newest checkpoint cannot be used: %s: its content is not what was written"
                                .formatted(newest)),
                error);
        assertTrue(
                error.endsWith("; delete it and pass --resume to go on from the one before it,"
                        + " checkpoint-0000000001.safetensors\n"),
                error);
        Files.delete(newest);
        Files.write(run.resolve("words/metrics.jsonl"), new byte[] {'{', 0, (byte) 0xFF, '\n'});
        carve.succeeds("train", train, "--resume");
        assertArrayEquals(tensors(whole), tensors(Files.readAllBytes(newest)));
    }

    @Test
    void changedDataIsRefusedUnlessAllowed() throws IOException {
        Path data = folder.resolve("shapes/train.json");
        Files.writeString(data, Files.readString(data) + " ");
        String error = refused("train", train, "--resume");
        assertTrue(error.contains(", these input files have changed:\n  train.json: was sha256 "), error);
        assertTrue(
                refused("train", train, "--allow-changed-files")
                        .startsWith("carve: --allow-changed-files goes with --resume;"),
                carve.err());
        carve.succeeds("train", train, "--resume", "--allow-changed-files");
        // no step was made with the changed file
        assertEquals(error, refused("train", train, "--resume"));
    }

    @Test
    void aChangedTeacherOrPlanIsRefused() throws IOException {
        String distil = recipe(
                "hybrid.conf",
                "teacher = \"%s\", out = \"%s\", repeat = [keep, mamba2 x2]"
                        .formatted(teacher, folder.resolve("hybrid")),
                "type = distill, train = [\"layers.*.mixer.**\"]");
        carve.succeeds("distill", distil);
        carve.succeeds("distill", distil, "--resume");
        String error = refused("distill", distil, "-Drepeat=[mamba2, keep x2]", "--resume");
        assertTrue(
                error.contains("its student was converted with other settings:\n"
                        + "  repeat: was [keep, mamba2 x2], is [mamba2, keep x2]\nrestore them"),
                error);
        Path weights = teacher.resolve("model.safetensors");
        Path changed = Files.copy(weights, folder.resolve("changed"));
        flip(changed);
        Files.move(changed, weights, StandardCopyOption.REPLACE_EXISTING);
        error = refused("distill", distil, "--resume");
        assertTrue(error.contains("these input files have changed:\n  teacher: model.safetensors: was sha256 "), error);
    }
}
