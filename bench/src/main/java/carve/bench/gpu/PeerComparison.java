package carve.bench.gpu;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Ratios to what others made of the same cases on the same card: above 1 is faster than they. */
final class PeerComparison {
    static final String PART = "comparison with other programs";
    static final String DIRECT = "called directly";

    private PeerComparison() {}

    /** Returns the fastest copy that the driver itself made, in billions of bytes a second; 0 where none is known. */
    static double bandwidth(Path file) {
        return lines(file).stream()
                .filter(line -> line.string("case").startsWith("copy of ")
                        && line.string("by").endsWith(DIRECT))
                .mapToDouble(line -> line.real("value"))
                .max()
                .orElse(0);
    }

    /**
     * Returns a figure for each case that both have.
     *
     * @param file lines of {@code gpu_peers.py}; that it is not there is no error
     */
    static List<Measurement> compare(Path file, List<Measurement> ours) {
        List<Measurement> ratios = new ArrayList<>();
        for (JsonObject line : lines(file)) {
            String name = line.string("case");
            ours.stream().filter(measurement -> measurement.name().equals(name)).forEach(measurement -> {
                double theirs = line.real("value");
                String remark = String.format(
                        Locale.ROOT,
                        "%.1f against %.1f %s of %s",
                        measurement.value(),
                        theirs,
                        measurement.unit(),
                        line.string("by"));
                ratios.add(Measurement.number(PART, name, measurement.value() / theirs, "times", remark));
            });
        }
        return ratios;
    }

    private static List<JsonObject> lines(Path file) {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            List<JsonObject> lines = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                if (Json.parse(line, file.toString()) instanceof JsonObject object) {
                    lines.add(object);
                } else {
                    throw new JsonException("%s: an object on each line expected, found %s".formatted(file, line));
                }
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
