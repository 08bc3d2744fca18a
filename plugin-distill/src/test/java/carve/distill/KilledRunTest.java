package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.stage.ProgressListener;
import carve.runtime.train.CheckpointFolder;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run that is killed while it writes a checkpoint loses nothing that a checkpoint has, and ends as one that was not. */
final class KilledRunTest {
    @TempDir
    private Path temporary;

    private static Process start(Path folder, Path out, Path errors) throws IOException, URISyntaxException {
        Path tests = Path.of(KilledRun.class.getResource("KilledRun.class").toURI());
        for (int i = 0; i < KilledRun.class.getName().split("\\.").length; i++) {
            tests = tests.getParent();
        }
        String path = Stream.of(
                        tests.toString(),
                        System.getProperty("jdk.module.path", ""),
                        System.getProperty("java.class.path"))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(File.pathSeparator));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(List.of(
                        java,
                        "-Xmx512m",
                        "--add-modules",
                        "jdk.incubator.vector",
                        "-cp",
                        path,
                        KilledRun.class.getName(),
                        folder.toString()))
                .redirectOutput(out.toFile())
                .redirectError(errors.toFile())
                .start();
    }

    /** Waits until a run has made a step, and kills it when it next has an unfinished file; returns the last step it told. */
    private int kill(Path folder) throws IOException, URISyntaxException, InterruptedException {
        Path out = folder.resolveSibling("out");
        Path errors = folder.resolveSibling("errors");
        Process process = start(folder, out, errors);
        try {
            while (process.isAlive() && (Files.size(out) == 0 || !isWriting(folder))) {
                Thread.sleep(1);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        List<String> told = Files.readAllLines(out);
        assertFalse(told.isEmpty(), () -> "the run did not begin: " + read(errors));
        return Integer.parseInt(told.getLast());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static boolean isWriting(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, ".tmp-*checkpoint*")) {
            return files.iterator().hasNext();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Test
    @Timeout(600)
    void killedRunsGoOn() throws IOException, URISyntaxException, InterruptedException {
        Path folder = temporary.resolve("killed");
        for (int kills = 0; kills < 3; kills++) {
            int told = kill(folder);
            Optional<Path> newest = new CheckpointFolder(folder).latest();
            assertTrue(newest.isPresent(), "no checkpoint after step " + told);
            assertTrue(CheckpointFolder.state(newest.get()).step() >= told, newest.get() + " after step " + told);
        }
        String whole =
                KilledRun.run(temporary.resolve("whole"), ProgressListener.NONE).digest();
        assertEquals(whole, KilledRun.run(folder, ProgressListener.NONE).digest());
        try (var left = Files.list(folder)) {
            List<String> names = left.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("events."))
                    .sorted()
                    .toList();
            assertEquals(
                    List.of(
                            "checkpoint-0000000013.safetensors",
                            "checkpoint-0000000014.safetensors",
                            "input-files.json",
                            "metrics.jsonl",
                            "schedule.json",
                            "stage.json"),
                    names);
        }
        assertEquals(14, Files.readAllLines(folder.resolve("metrics.jsonl")).size());
    }
}
