package carve.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PerformanceGoalsTest {
    private static Measurement time(String name, double value, double millis) {
        return new Measurement("generation", name, value, "GB/s", new double[] {millis, millis, millis}, "");
    }

    private static Measurement number(String part, String name, double value, String remark) {
        return Measurement.number(part, name, value, "", remark);
    }

    private static List<String> rows(List<Measurement> figures) {
        return PerformanceGoals.of(figures, 4000, 800_000, 70, 5, 70).stream()
                .map(goal -> "%s: %.2f %s".formatted(goal.name(), goal.value(), goal.note()))
                .toList();
    }

    @Test
    void everyGoalIsComparedWithWhatWasFound() {
        List<Measurement> figures = new ArrayList<>(List.of(
                time("linear at 5", 3600, 1),
                time("linear at 70", 3500, 1.02),
                number("generation", "linear at 70, memory", 3, ""),
                number("generation", "hybrid at 70, memory", 5, ""),
                number("generation", "transformer at 70, memory", 10, ""),
                number(PeerComparison.PART, "scan, T 5, forward", 1.5, "of mamba_ssm on Triton 3"),
                number(PeerComparison.PART, "scan, T 70, forward", 0.9, "of mamba_ssm on Triton 3"),
                number(PeerComparison.PART, "scan, T 70, forward and backward", 1.1, "of mamba_ssm on Triton 3"),
                number(PeerComparison.PART, "attention, T 5, forward", 0.1, "of PyTorch 2"),
                number(PeerComparison.PART, "attention, T 70, forward", 0.8, "of PyTorch 2"),
                number(PeerComparison.PART, "product of F32, 5 cubed", 0.99, "of cuBLAS called directly"),
                number(PeerComparison.PART, "product of F32, 5 cubed", 0.5, "of PyTorch 2"),
                new Measurement(TrainingBenchmark.PART, "T 70", 400_000, "GFLOP/s", new double[] {1, 1, 1}, ""),
                number(TrainingBenchmark.PART, "T 70, memory", 9_000_000, "")));
        assertEquals(
                List.of(
                        "token of the linear model at 70, share of the bandwidth: 0.88 met; goal: at least 0.80",
                        "token of the linear model at [5, 70], slowest to fastest: 1.02 met; goal: at most 1.03",
                        "memory of the linear model at 70, saved against the Transformer: 0.70 met; goal: at least 0.70",
                        "memory of the hybrid model at 70, saved against the Transformer: 0.50 MISSED; goal: at least 0.55",
                        "scan, forward, against Triton: 0.90 MISSED; goal: at least 1.00",
                        "scan, forward and backward, against Triton: 1.10 met; goal: at least 1.00",
                        "attention, forward, against PyTorch: 0.80 met; goal: at least 0.70",
                        "product of F32, cubed, against called directly: 0.99 met; goal: at least 0.97",
                        "product of BF16, cubed, against called directly: NaN NOT MEASURED; goal: at least 0.97",
                        "training step of a pair, share of the rate of products: 0.50 MISSED; goal: at least 0.60"),
                rows(figures));
    }

    @Test
    void whatWasNotMeasuredHasItsRow() {
        assertEquals(10, rows(List.of()).size());
        assertEquals(List.of(), ModelComparison.of(List.of(), 5, 70));
    }

    @Test
    void modelsStandBesideEachOther() {
        List<Measurement> figures = List.of(
                time("transformer at 5", 1, 4),
                time("linear at 5", 1, 2),
                number("generation", "linear at 5, memory", 3, ""));
        assertEquals(
                List.of(
                        "",
                        "## time and memory of a token by context length",
                        "",
                        "| model | 5 | 70 |",
                        "| --- | --- | --- |",
                        "| transformer | 4.000 ms, 1.0 times as fast | not measured |",
                        "| linear | 2.000 ms, 2.0 times as fast, 3.00 GB | not measured |"),
                ModelComparison.of(figures, 5, 70));
    }
}
