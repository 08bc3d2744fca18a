package carve.api.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Temporary files go with their process, however it ends. */
@Timeout(60)
final class TemporaryFolderTest {
    @TempDir
    private Path parent;

    /** A process with a temporary folder that does not end by itself. */
    static final class Holder {
        private Holder() {}

        /** Makes the folder with a file in it. */
        public static void main(String[] arguments) throws IOException, InterruptedException {
            TemporaryFolder folder = TemporaryFolder.create(Path.of(arguments[0]), "test");
            folder.deleteOnShutdown();
            Files.writeString(
                    Files.createDirectories(folder.resolve("inner/more")).resolve("file"), "x");
            System.out.println("ready");
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    private Process start() throws IOException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        String.join(java.io.File.pathSeparator, "target/classes", "target/test-classes"),
                        Holder.class.getName(),
                        parent.toString())
                .redirectErrorStream(true)
                .start();
        BufferedReader out = process.inputReader();
        assertEquals("ready", out.readLine());
        return process;
    }

    private List<Path> left() throws IOException {
        try (Stream<Path> files = Files.list(parent)) {
            return files.toList();
        }
    }

    @Test
    void whatATerminatedProcessHasGoesWithIt() throws IOException, InterruptedException {
        Process process = start();
        assertEquals(1, left().size());
        process.destroy();
        assertEquals(143, process.waitFor());
        assertEquals(List.of(), left());
    }

    @Test
    void whatAKilledProcessLeavesTheNextOneDeletes() throws IOException, InterruptedException {
        Process killed = start();
        Process living = start();
        killed.destroyForcibly().waitFor();
        assertEquals(2, left().size());
        try (TemporaryFolder next = TemporaryFolder.create(parent, "test")) {
            assertEquals(2, left().size(), "the living one's and this");
            assertTrue(left().contains(next.path()));
        }
        living.destroy();
        living.waitFor();
        assertEquals(List.of(), left());
    }

    @Test
    void foldersOfOthersStay() throws IOException {
        Path other = Files.createDirectories(parent.resolve("carve-other-1-2"));
        Files.createFile(other.resolve(".lock"));
        Path unlocked = Files.createDirectories(parent.resolve("carve-test-1-2"));
        TemporaryFolder folder = TemporaryFolder.create(parent, "test");
        folder.close();
        folder.close();
        assertFalse(Files.exists(folder.path()));
        assertEquals(List.of(other, unlocked), left().stream().sorted().toList());
    }
}
