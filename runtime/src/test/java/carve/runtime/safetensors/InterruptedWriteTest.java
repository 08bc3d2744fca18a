package carve.runtime.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.json.JsonObject;
import carve.api.tensor.TensorType;
import carve.runtime.io.FolderTransaction;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Writers in other processes, which are killed or run out of room. */
final class InterruptedWriteTest {
    private static final int ROUNDS = 8;
    private static final int TENSORS = 24;

    @TempDir
    private Path folder;

    /** Writes checkpoints of number 1, 2, ... for ever; all elements of checkpoint n are n, and so is its configuration. */
    public static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws IOException {
            Path folder = Path.of(arguments[0]);
            int first = Integer.parseInt(arguments[1]);
            int last = Integer.parseInt(arguments[2]);
            for (int number = first; number <= last; number++) {
                write(folder, number);
                System.out.write((number + "\n").getBytes(StandardCharsets.US_ASCII));
                System.out.flush();
            }
        }
    }

    // odd numbers are in several files, even ones in one
    private static void write(Path folder, int number) {
        var types = new LinkedHashMap<String, TensorType>();
        for (int i = 0; i < TENSORS; i++) {
            types.put("layers." + i, TensorType.f32(64, 200));
        }
        float[] values = new float[64 * 200];
        Arrays.fill(values, number);
        var tensors = TensorSources.of(types, _ -> MemorySegment.ofArray(values));
        new CheckpointWriter(folder)
                .with(Checkpoint.CONFIG, JsonObject.empty().with("number", number))
                .withShardBytes(number % 2 == 0 ? Long.MAX_VALUE : 300_000)
                .write(tensors);
    }

    /** Returns the number of the checkpoint in the folder after checking that all of it has that number. */
    private static int read(Path folder) {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            int number = checkpoint.config().integer("number");
            assertEquals(TENSORS, checkpoint.names().size());
            for (String name : checkpoint.names()) {
                for (float value : DTypeConversion.floats(checkpoint.type(name).dtype(), checkpoint.data(name))) {
                    assertEquals(number, value, name);
                }
            }
            return number;
        }
    }

    private static List<String> command(Path folder, int first, int last) {
        String path = String.join(
                File.pathSeparator,
                location(TensorSource.class),
                root(Checkpoint.class).toString(),
                root(InterruptedWriteTest.class).toString());
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                path,
                Child.class.getName(),
                folder.toString(),
                Integer.toString(first),
                Integer.toString(last));
    }

    // the jar or folder of another module's class
    private static String location(Class<?> type) {
        return Path.of(URI.create(
                        type.getProtectionDomain().getCodeSource().getLocation().toString()))
                .toString();
    }

    // the folder of a class, also where tests are patched into the module
    private static Path root(Class<?> type) {
        Path root = Path.of(
                URI.create(type.getResource(type.getSimpleName() + ".class").toString()));
        for (String _ : type.getName().split("\\.")) {
            root = root.getParent();
        }
        return root;
    }

    @Test
    void killedWritersLeaveTheOldCheckpointOrTheNewOne(@TempDir Path elsewhere)
            throws IOException, InterruptedException {
        write(folder, 0);
        var random = new SplittableRandom(42);
        Path reports = elsewhere.resolve("reports");
        int number = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Process child = new ProcessBuilder(command(folder, number + 1, Integer.MAX_VALUE))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(reports.toFile())
                    .start();
            while (child.isAlive() && Files.size(reports) == 0) {
                Thread.sleep(2);
            }
            Thread.sleep(random.nextInt(60));
            child.destroyForcibly();
            assertTrue(child.waitFor(30, TimeUnit.SECONDS));
            int reported = Integer.parseInt(Files.readAllLines(reports).getLast());
            int found = read(folder);
            assertTrue(found == reported || found == reported + 1, "found %d after %d".formatted(found, reported));
            number = found;
        }
        write(folder, 2);
        assertEquals(2, read(folder));
        assertEquals(List.of("config.json", "model.safetensors"), TensorFiles.list(folder));
    }

    @Test
    @EnabledOnOs(
            value = {OS.LINUX, OS.MAC},
            disabledReason = "the test limits file sizes with ulimit")
    void aDiskThatTakesNoMoreLeavesTheOldCheckpoint() throws IOException, InterruptedException {
        write(folder, 7);
        List<String> limited = new ArrayList<>(List.of("sh", "-c", "ulimit -f 512; exec \"$@\"", "sh"));
        limited.addAll(command(folder, 8, 8));
        Process child = new ProcessBuilder(limited).redirectErrorStream(true).start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(child.waitFor(30, TimeUnit.SECONDS));
        assertFalse(child.exitValue() == 0);
        assertTrue(
                output.contains("carve.api.checkpoint.CheckpointException: " + folder.resolve("model.safetensors")
                        + ": cannot be written: File too large; the previous content is unchanged"),
                output);
        assertEquals(7, read(folder));
        try (var files = Files.list(folder)) {
            assertTrue(files.noneMatch(file -> file.getFileName().toString().startsWith(FolderTransaction.TEMPORARY)));
        }
    }
}
