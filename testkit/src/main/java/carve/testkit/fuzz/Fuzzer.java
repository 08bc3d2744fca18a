package carve.testkit.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.CarveException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Gives mutated inputs to targets.
 *
 * <p>An input that fails is saved in {@code target/fuzz}, or in the folder of {@code -Dcarve.fuzz.folder}, and is read again, in place
 * of others, by {@code -Dcarve.test.arguments=-Dcarve.fuzz.input=FILE}.
 */
public final class Fuzzer {
    private static final Duration SLOW = Duration.ofSeconds(10);
    private static final Duration HANGING = Duration.ofMinutes(1);
    private static final int MAX_FAILURES = 20;
    private static final int SHOWN = 160;
    private static final int FRAMES = 8;

    private final FuzzTarget target;
    private final FuzzBudget budget;
    private final FuzzFiles files;
    private final List<String> failures = new ArrayList<>();
    private long answers;
    private long refusals;
    private long slowestNanos;
    // of the input that is being read
    private byte[] input = new byte[0];
    private long number;
    private long begin = System.nanoTime();

    private Fuzzer(FuzzTarget target, FuzzBudget budget) {
        this.target = target;
        this.budget = budget;
        this.files = new FuzzFiles(target.name());
    }

    /**
     * Runs a target with the budget of tests and asserts that no input failed, and that some were read and some refused.
     *
     * @throws AssertionError if not
     */
    public static void check(FuzzTarget target) throws IOException {
        check(target, FuzzBudget.ofTests());
    }

    /**
     * Runs a target and asserts that no input failed, and that some were read and some refused.
     *
     * @throws AssertionError if not
     */
    public static void check(FuzzTarget target, FuzzBudget budget) throws IOException {
        FuzzResult result = run(target, budget);
        new FuzzFiles(target.name()).report(result);
        assertEquals(List.of(), result.failures(), result.row());
        assertTrue(FuzzFiles.repeating() || result.answers() > 0 && result.refusals() > 0, result.row());
    }

    /**
     * Runs a target until its budget is spent or there are {@value #MAX_FAILURES} failures. An input fails if reading it
     * throws anything but a {@link CarveException} with a message, or takes more than ten seconds. After an input that takes more
     * than a minute there are no others.
     *
     * @throws IOException if inputs cannot be saved
     */
    public static FuzzResult run(FuzzTarget target, FuzzBudget budget) throws IOException {
        return new Fuzzer(target, budget).run();
    }

    // inputs are read by a thread of their own, which is left behind if one of them never ends
    private FuzzResult run() throws IOException {
        List<Throwable> defects = new ArrayList<>();
        Thread reader =
                Thread.ofPlatform().daemon().name("fuzz " + target.name()).unstarted(() -> readAll(defects));
        reader.start();
        try {
            while (!reader.join(Duration.ofSeconds(1))) {
                if (hangs()) {
                    return result(hanging(reader));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        files.done();
        defects.forEach(defect -> failures.add("the fuzz test itself failed: " + describe(defect)));
        return result(failures);
    }

    private synchronized boolean hangs() {
        return System.nanoTime() - begin > HANGING.toNanos();
    }

    private synchronized List<String> hanging(Thread reader) throws IOException {
        List<String> all = new ArrayList<>(failures);
        all.add(failure("still being read after a minute, at " + frames(reader.getStackTrace()), number, input));
        return all;
    }

    private synchronized FuzzResult result(List<String> all) {
        return new FuzzResult(target.name(), answers, refusals, all, Duration.ofNanos(slowestNanos));
    }

    private void readAll(List<Throwable> defects) {
        try {
            if (FuzzFiles.repeating()) {
                files.repeated().ifPresent(saved -> readAndCount(0, saved));
                return;
            }
            Mutator mutator = new Mutator(target.seeds(), target.words(), budget.seed());
            long end = System.nanoTime() + budget.time().toNanos();
            for (long i = 0; i < budget.inputs() && System.nanoTime() < end && failures.size() < MAX_FAILURES; i++) {
                readAndCount(i, mutator.next());
            }
        } catch (Throwable e) {
            defects.add(e);
        }
    }

    private void readAndCount(long index, byte[] next) {
        synchronized (this) {
            number = index;
            input = next;
            begin = System.nanoTime();
        }
        try {
            files.reading(next);
            String outcome = read();
            synchronized (this) {
                slowestNanos = Math.max(slowestNanos, System.nanoTime() - begin);
                switch (outcome) {
                    case "answer" -> answers++;
                    case "refusal" -> refusals++;
                    default -> failures.add(failure(outcome, index, next));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // whatever is thrown is the result of the test, errors of the machine too
    private String read() {
        String outcome;
        try {
            target.reader().read(input);
            outcome = "answer";
        } catch (CarveException e) {
            outcome = e.getMessage() == null || e.getMessage().isBlank() ? "a refusal without a message" : "refusal";
        } catch (Throwable e) {
            outcome = describe(e);
        }
        return System.nanoTime() - begin > SLOW.toNanos() ? "took more than ten seconds" : outcome;
    }

    private String failure(String outcome, long index, byte[] failed) throws IOException {
        Path file = files.save(index, failed);
        return "input %d: %s: %s; saved, read it again with -Dcarve.test.arguments=-Dcarve.fuzz.input=%s"
                .formatted(index, outcome, shown(failed), file);
    }

    private static String describe(Throwable e) {
        String cause = e.getCause() == null ? "" : " caused by " + e.getCause();
        return e + cause + " " + frames(e.getStackTrace());
    }

    private static List<StackTraceElement> frames(StackTraceElement... trace) {
        return Arrays.stream(trace).limit(FRAMES).toList();
    }

    private static String shown(byte[] input) {
        byte[] first = Arrays.copyOf(input, Math.min(input.length, SHOWN));
        String text = new String(first, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "?");
        return "%d bytes, %s".formatted(input.length, text);
    }
}
