package carve.testkit.fuzz.http;

import carve.testkit.fuzz.FuzzResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The outcomes of the requests of one kind. Safe for several threads. */
final class RequestOutcomes {
    private final List<String> failures = new ArrayList<>();
    private long answers;
    private long refusals;
    private long slowestNanos;

    synchronized void answer(long nanos) {
        answers++;
        slowestNanos = Math.max(slowestNanos, nanos);
    }

    synchronized void refusal(long nanos) {
        refusals++;
        slowestNanos = Math.max(slowestNanos, nanos);
    }

    synchronized void failure(long nanos, String failure) {
        failures.add(failure);
        slowestNanos = Math.max(slowestNanos, nanos);
    }

    synchronized FuzzResult result(String kind) {
        return new FuzzResult(kind, answers, refusals, failures, Duration.ofNanos(slowestNanos));
    }
}
