package carve.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final Roofline LIMITS = new Roofline(2, 50e9, 100e9, 5e9, 10e9);
    private static final Timing TIMING = new Timing(List.of(0.04, 0.01, 0.02, 0.03, 0.05));

    private static BenchmarkResult row(Work work, CorrectnessGate correctnessGate, Optional<Timing> timing) {
        return new BenchmarkResult("op", "B 1", "kernel k", work, correctnessGate, timing, "");
    }

    @Test
    void quartilesLieBetweenRepetitions() {
        assertEquals(0.03, TIMING.median());
        assertEquals(0.02, TIMING.quantile(0.25));
        assertEquals(0.025, TIMING.quantile(0.375), 1e-12);
        assertEquals(0.01, TIMING.min());
    }

    @Test
    void shareIsOfTheLimitThatBinds() {
        CorrectnessGate green = new CorrectnessGate(true, 0, "equal");
        String products =
                new Report(LIMITS, List.of(), List.of(row(new Work(1.5e9, 0), green, Optional.of(TIMING)))).markdown();
        assertTrue(
                products.contains("| op | B 1 | kernel k | 30.0 (20.0, 40.0) | 50.0 |  | FMA | 50 % | 150 % |  |"),
                products);
        String reads = new Report(LIMITS, List.of(), List.of(row(new Work(1e6, 1.5e8), green, Optional.of(TIMING))))
                .markdown();
        assertTrue(
                reads.contains("| op | B 1 | kernel k | 30.0 (20.0, 40.0) | 0.0 | 5.0 | memory | 50 % | 150 % |  |"),
                reads);
    }

    @Test
    void wrongResultsHaveNoSpeed() {
        BenchmarkResult red = row(new Work(1e9, 0), new CorrectnessGate(false, 7, "far apart"), Optional.empty());
        String text = new Report(LIMITS, List.of(), List.of(red)).markdown();
        assertTrue(text.contains("| op | B 1 | kernel k | wrong results, not timed | | | | | | |"), text);
        assertTrue(text.contains("- op, B 1: RED: far apart"), text);
        assertFalse(red.json(LIMITS).has("median"));
    }
}
