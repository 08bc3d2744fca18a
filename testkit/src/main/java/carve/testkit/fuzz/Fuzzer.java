package carve.testkit.fuzz;

import carve.api.CarveException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Gives mutated inputs to targets. */
public final class Fuzzer {
    private static final long SLOW_NANOS = 10_000_000_000L;
    private static final int MAX_FAILURES = 20;
    private static final int SHOWN = 160;

    private Fuzzer() {}

    /**
     * Runs a target until its budget is spent or there are {@value #MAX_FAILURES} failures. An input fails if reading it
     * throws anything but a {@link CarveException} with a message, or takes more than ten seconds.
     */
    public static FuzzResult run(FuzzTarget target, FuzzBudget budget) {
        Mutator mutator = new Mutator(target.seeds(), target.words(), budget.seed());
        long end = System.nanoTime() + budget.time().toNanos();
        long answers = 0;
        long refusals = 0;
        List<String> failures = new ArrayList<>();
        for (long i = 0; i < budget.inputs() && System.nanoTime() < end && failures.size() < MAX_FAILURES; i++) {
            byte[] input = mutator.next();
            String outcome = read(target, input);
            switch (outcome) {
                case "answer" -> answers++;
                case "refusal" -> refusals++;
                default -> failures.add("input %d: %s: %s".formatted(i, outcome, shown(input)));
            }
        }
        return new FuzzResult(target.name(), answers, refusals, failures);
    }

    // whatever is thrown is the result of the test, errors of the machine too
    private static String read(FuzzTarget target, byte[] input) {
        long begin = System.nanoTime();
        String outcome;
        try {
            target.reader().read(input);
            outcome = "answer";
        } catch (CarveException e) {
            outcome = e.getMessage() == null || e.getMessage().isBlank() ? "a refusal without a message" : "refusal";
        } catch (Throwable e) {
            outcome = e + " " + Arrays.stream(e.getStackTrace()).limit(6).toList();
        }
        return System.nanoTime() - begin > SLOW_NANOS ? "took more than ten seconds" : outcome;
    }

    private static String shown(byte[] input) {
        byte[] first = Arrays.copyOf(input, Math.min(input.length, SHOWN));
        String text = new String(first, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "?");
        return "%d bytes, %s".formatted(input.length, text);
    }
}
