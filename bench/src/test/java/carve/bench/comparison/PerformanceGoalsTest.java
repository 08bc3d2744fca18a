package carve.bench.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ratios are of medians over all rounds, more is better, and what was not measured is not there. */
final class PerformanceGoalsTest {
    @TempDir
    private Path folder;

    private void write(String name, String... lines) throws IOException {
        Files.write(folder.resolve(name), List.of(lines));
    }

    private void gather() throws IOException {
        for (int round = 1; round <= 3; round++) {
            write("ours-%d-mamba2-130m-bf16.jsonl".formatted(round), """
                    {"model": "mamba2-130m-bf16.gguf", "test": "pp512", "tokens": 512, "seconds": [%d, 1], "weight-bytes": 9}""".formatted(round));
        }
        write("llama.cpp-1-mamba2-130m-bf16.jsonl", """
                {"model_filename": "models/mamba2-130m-bf16.gguf", "n_prompt": 512, "n_gen": 0, "samples_ts": [256, 128, 512]}""", """
                {"model_filename": "models/mamba2-130m-bf16.gguf", "n_prompt": 0, "n_gen": 64, "samples_ts": [1]}""");
        write("ours-1-llama-1b-bf16.jsonl", """
                {"model": "llama-1b-bf16.gguf", "test": "tg64", "tokens": 64, "seconds": [6.4], "weight-bytes": 2000000000}""");
        write("cpu-decay-scan.jsonl", """
                {"threads": 2, "flops": 2e11, "bandwidth": 2.5e10, "notes": ["2026-11-22", "a machine", "load"]}""", """
                {"name": "decay scan forward", "shape": "B 1, T 2048", "median": 0.03, "flops": 1e9}""", """
                {"name": "decay scan backward", "shape": "B 1, T 2048", "median": 0.07, "flops": 1e9}""", """
                {"name": "decay scan backward", "shape": "B 16, T 64", "median": 9, "flops": 1e9}""");
        write("torch-1.jsonl", "{\"forward_backward_ms\": 400.0}");
        write("greedy.jsonl", "{\"name\": \"mamba2-130m-bf16\", \"ours\": \"3 4 5\", \"llama.cpp\": \"3 4 6\"}");
    }

    @Test
    void ratiosAreOfMedians() throws IOException {
        gather();
        List<SpeedRatio> ratios = new PerformanceGoals(new MeasurementFiles(folder)).ratios();
        assertEquals(
                List.of(
                        "| mamba2-130m-bf16 pp512 | llama.cpp | 512 tokens/s | 256 tokens/s | 2.00 | 1.2 | yes |",
                        "| llama-1b-bf16 tg64 | reading memory | 20.0 GB/s | 25.0 GB/s | 0.80 | 0.85 | no |",
                        "| decay scan, forward and backward, T 2048, 16 heads x 128 | PyTorch, chunked SSD | 10.0 runs/s |"
                                + " 2.50 runs/s | 4.00 | 3.0 | yes |"),
                ratios.stream().map(SpeedRatio::markdown).toList());
    }

    @Test
    void theTableIsWritten() throws IOException {
        gather();
        Path out = folder.resolve("results").resolve("peers");
        Main.main(new String[] {folder.toString(), out.toString(), "tried"});
        String markdown = Files.readString(out.resolveSibling("peers.md"));
        assertTrue(markdown.contains("- a machine\n"), markdown);
        assertTrue(markdown.contains("200.0 GFLOP/s of F32 FMA, 25.0 GB/s"), markdown);
        assertTrue(markdown.contains("- mamba2-130m-bf16: 2 of 3\n"), markdown);
        assertTrue(Files.readString(out.resolveSibling("peers.json")).contains("\"ratio\": 2.0"));
    }
}
