package carve.bench.comparison;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Writes the table of ratios: {@code Main FIGURES OUT NOTE}, where FIGURES has what was gathered and OUT gets .md and .json. */
public final class Main {
    private Main() {}

    /**
     * Writes it.
     *
     * @throws IOException if a file cannot be read or written
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            throw new IllegalArgumentException("usage: Main FIGURES OUT NOTE");
        }
        MeasurementFiles measurementFiles = new MeasurementFiles(Path.of(args[0]));
        List<SpeedRatio> ratios = new PerformanceGoals(measurementFiles).ratios();
        String markdown = markdown(measurementFiles, ratios, args[2]);
        Files.createDirectories(Path.of(args[1]).toAbsolutePath().getParent());
        Files.writeString(Path.of(args[1] + ".md"), markdown);
        List<JsonValue> rows = ratios.stream().<JsonValue>map(SpeedRatio::json).toList();
        JsonObject all = JsonObject.empty()
                .with("ratios", new JsonArray(rows))
                .with("limits", new JsonArray(List.copyOf(machine(measurementFiles))))
                .with("greedy", new JsonArray(List.copyOf(measurementFiles.lines("greedy"))));
        Files.writeString(Path.of(args[1] + ".json"), Json.print(all) + "\n");
        System.out.print(markdown);
    }

    private static List<JsonObject> machine(MeasurementFiles measurementFiles) throws IOException {
        return measurementFiles.lines("cpu-").stream()
                .filter(line -> line.has("bandwidth"))
                .toList();
    }

    private static String markdown(MeasurementFiles measurementFiles, List<SpeedRatio> ratios, String note)
            throws IOException {
        List<String> lines = new ArrayList<>(List.of("# Carve against llama.cpp, PyTorch and Jlama", ""));
        for (JsonObject limits : machine(measurementFiles)) {
            limits.strings("notes").stream()
                    .limit(2)
                    .filter(line -> !lines.contains("- " + line))
                    .forEach(line -> lines.add("- " + line));
            lines.add(String.format(
                    Locale.ROOT,
                    "- limits of %d threads: %.1f GFLOP/s of F32 FMA, %.1f GB/s of reading memory",
                    limits.integer("threads"),
                    limits.real("flops") * 1e-9,
                    limits.real("bandwidth") * 1e-9));
        }
        lines.add("- random weights of the true shapes, the same GGUF files for all, in turn; medians of all rounds");
        if (!note.isBlank()) {
            lines.add("- " + note);
        }
        lines.addAll(List.of(
                "",
                "| work | against | ours | theirs | ratio | goal | met |",
                "| --- | --- | ---: | ---: | ---: | ---: | --- |"));
        ratios.forEach(speedRatio -> lines.add(speedRatio.markdown()));
        List<JsonObject> greedy = measurementFiles.lines("greedy");
        if (!greedy.isEmpty()) {
            lines.addAll(List.of(
                    "",
                    "Greedy tokens after a prompt of 16, ours and llama.cpp's, equal before the first"
                            + " that differs (llama.cpp rounds activations of narrow weights, Carve does not):",
                    ""));
            greedy.forEach(line -> lines.add("- %s: %s".formatted(line.string("name"), equal(line))));
        }
        return String.join("\n", lines) + "\n";
    }

    private static String equal(JsonObject line) {
        String[] ours = line.string("ours").split(" ");
        String[] theirs = line.string("llama.cpp").split(" ");
        int mismatch = Arrays.mismatch(ours, theirs);
        return (mismatch < 0 ? ours.length : mismatch) + " of " + ours.length;
    }
}
