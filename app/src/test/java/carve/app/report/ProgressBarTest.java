package carve.app.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.runtime.progress.Progress;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Progress is a bar where a person looks, and a line now and then elsewhere. */
final class ProgressBarTest {
    private static final long SECOND = 1_000_000_000L;

    private final StringWriter shown = new StringWriter();
    private final AtomicLong clock = new AtomicLong();

    private ProgressBar bar(boolean interactive) {
        Terminal terminal =
                new Terminal(new PrintWriter(new StringWriter()), new PrintWriter(shown, true), interactive);
        return new ProgressBar(terminal, "logits", "steps", clock::get);
    }

    private void steps(ProgressBar bar, int count) {
        for (int step = 1; step <= count; step++) {
            clock.addAndGet(SECOND);
            bar.step(step, 100, 0.5, 1e-3);
        }
    }

    @Test
    void aBarIsRedrawnInPlaceAndTakenAway() {
        try (ProgressBar bar = bar(true)) {
            steps(bar, 1);
            assertEquals(
                    "\r\033[Klogits [                        ] 1/100 steps, 1.00/s, loss 0.5000, 1 min 39 s left",
                    shown.toString());
            shown.getBuffer().setLength(0);
        }
        assertEquals("\r\033[K", shown.toString());
    }

    @Test
    void elsewhereThereIsALineEveryTenSeconds() {
        try (ProgressBar bar = bar(false)) {
            steps(bar, 25);
        }
        assertEquals("""
                logits 10/100 steps, 1.00/s, loss 0.5000, 1 min 30 s left
                logits 20/100 steps, 1.00/s, loss 0.5000, 1 min 20 s left
                """, shown.toString());
    }

    @Test
    void aResumedRunIsNotCreditedWithWhatWasDoneBefore() {
        try (ProgressBar bar = bar(true)) {
            clock.addAndGet(SECOND);
            bar.step(51, 100, 0.5, 1e-3);
        }
        assertEquals(
                "\r\033[Klogits [============            ] 51/100 steps, 1.00/s, loss 0.5000, 49 s left\r\033[K",
                shown.toString());
    }

    @Test
    void bytesAreShownWithTheirUnits() {
        Terminal terminal = new Terminal(new PrintWriter(new StringWriter()), new PrintWriter(shown, true), false);
        try (ProgressBar bar = new ProgressBar(terminal, "pulling acme/tiny", Progress.BYTES, clock::get)) {
            bar.step(0, 5L << 30, 0, 0);
            clock.addAndGet(10 * SECOND);
            bar.step(1L << 30, 5L << 30, 0, 0);
        }
        assertEquals("pulling acme/tiny 1 GiB/5 GiB, 102 MiB/s, 40 s left\n", shown.toString());
    }
}
