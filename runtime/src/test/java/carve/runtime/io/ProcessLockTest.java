package carve.runtime.io;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A folder is used by one process at a time, and a killed one leaves nothing in the way. */
@Timeout(60)
final class ProcessLockTest {
    @TempDir
    private Path folder;

    /** A process that locks the folder of its first argument, says so, and waits to be killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            try (ProcessLock held = ProcessLock.acquire(Path.of(arguments[0]))) {
                System.out.println("locked " + held);
                Thread.sleep(TimeUnit.MINUTES.toMillis(1));
            }
        }
    }

    private Process holder() throws IOException {
        String api = Path.of("..", "api", "target", "classes").toString();
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        String.join(File.pathSeparator, "target/classes", "target/test-classes", api),
                        Holder.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        assertTrue(String.valueOf(out.readLine()).startsWith("locked"));
        return process;
    }

    @Test
    void anotherProcessIsNamed() throws Exception {
        Process process = holder();
        String message = assertThrows(LockedException.class, () -> ProcessLock.acquire(folder))
                .getMessage();
        assertTrue(message.startsWith(folder + " is in use by process " + process.pid() + " on "), message);
        assertTrue(message.matches("(?s).* since \\d{4}-.*Z; wait until it ends, or use another folder"), message);
        process.destroyForcibly().waitFor();
        ProcessLock.acquire(folder).close();
    }

    @Test
    void theSameProcessIsRefusedAndKeepsItsLock() throws IOException {
        try (ProcessLock _ = ProcessLock.acquire(folder)) {
            assertThrows(LockedException.class, () -> ProcessLock.acquire(folder));
            assertThrows(LockedException.class, () -> ProcessLock.acquire(folder));
        }
        assertDoesNotThrow(() -> ProcessLock.acquire(folder).close());
    }

    @Test
    void anOwnerFileThatIsBrokenNamesNobody() throws Exception {
        Process process = holder();
        Files.writeString(folder.resolve(".lock-owner.json"), "{\"process\": ");
        assertEquals(
                folder + " is in use by another process; wait until it ends, or use another folder",
                assertThrows(LockedException.class, () -> ProcessLock.acquire(folder))
                        .getMessage());
        process.destroyForcibly().waitFor();
        ProcessLock.acquire(folder).close();
    }
}
