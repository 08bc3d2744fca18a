package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that is asked to end is given time to clean up, and ends. */
@Timeout(60)
final class ShutdownRequestTest {
    @TempDir
    private Path folder;

    @Test
    void workThatNeverEndsDoesNotKeepTheProcess() throws IOException, InterruptedException {
        Path leftover = Files.createFile(folder.resolve("leftover"));
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        Path.of("target", "classes") + java.io.File.pathSeparator + Path.of("target", "test-classes"),
                        LoopingProcess.class.getName(),
                        leftover.toString())
                .redirectErrorStream(true)
                .start();
        BufferedReader out = process.inputReader();
        assertEquals("ready", out.readLine());
        process.toHandle().destroy(); // leaves its output open
        assertEquals("carve: work in progress did not end within 1 s; the process ends without it", out.readLine());
        assertTrue(process.waitFor(20, TimeUnit.SECONDS), "it ends");
        assertEquals(143, process.exitValue(), "terminated");
        assertFalse(Files.exists(leftover));
    }

    @Test
    void whatIsCleanedUpInTimeIsNotHurried() throws InterruptedException {
        List<String> told = new ArrayList<>();
        ShutdownRequest request = new ShutdownRequest(Duration.ofSeconds(50), told::add);
        request.onTimeout(() -> told.add("timeout"));
        Thread hook = Thread.ofPlatform().start(request::delayExit);
        request.await();
        request.close();
        hook.join();
        assertEquals(List.of(), told);
    }
}
