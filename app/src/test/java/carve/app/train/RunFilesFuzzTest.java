package carve.app.train;

import carve.testkit.fuzz.FuzzBudget;
import carve.testkit.fuzz.FuzzTarget;
import carve.testkit.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** A changed file of a run is shown by {@code carve watch}, or named as damaged. */
final class RunFilesFuzzTest {
    private static final long INPUTS = 150;

    @TempDir
    private static Path folder;

    @TestFactory
    Stream<DynamicTest> everyFileIsShownOrNamed() throws IOException {
        Path run = folder.resolve("runs").resolve("r");
        RunFixture.whole(run, folder.resolve("picture.png"));
        return Stream.of("run.json", "align/schedule.json", "align/metrics.jsonl", "logits/samples.jsonl")
                .map(name -> DynamicTest.dynamicTest(
                        name, () -> Fuzzer.check(target(run.resolve(name)), FuzzBudget.ofTests(INPUTS))));
    }

    private static FuzzTarget target(Path file) throws IOException {
        byte[] good = Files.readAllBytes(file);
        // a line alone, so that changes fall on each of its values
        byte[] first = (Files.readAllLines(file).getFirst() + "\n").getBytes();
        List<byte[]> seeds = file.toString().endsWith(".jsonl") ? List.of(good, first) : List.of(good);
        List<String> words = List.of("\"step\":1,", "\"loss\":NaN,", "\"layers\":{\"x\":{\"-1\":1}},", "\"steps\":0,");
        return new FuzzTarget("run " + file.getFileName(), seeds, words, input -> {
            Files.write(file, input);
            try {
                RunsSnapshot snapshot = new RunsSnapshot(new RunFolders(folder.resolve("runs")), Clock.systemUTC());
                snapshot.lines();
                snapshot.write(folder.resolve("page.json"));
                snapshot.write(folder.resolve("page.html"));
                snapshot.requireUndamaged();
            } finally {
                Files.write(file, good);
            }
        });
    }
}
