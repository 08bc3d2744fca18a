package carve.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The options of the command line.
 *
 * @param repetitions of each measurement, at least 9
 * @param device the name of the device
 * @param only measures what has this in its name; "" measures all
 * @param model the demo's model, with weights or without
 * @param json where the figures go, a line for each measurement
 * @param note what a reader should know of this run; may be empty
 */
record Options(int repetitions, String device, String only, Path model, Path json, String note) {
    static final String USAGE = """
            bench/cpu.sh [--repetitions 15] [--device cpu] [--only NAME] [--model demo/teacher]
                [--json bench/target/cpu.jsonl] [--note TEXT]

            Measures the machine's processor and a device, and prints a table in Markdown.
            """;
    private static final int LEAST = 9;
    private static final Set<String> NAMES = Set.of("repetitions", "device", "only", "model", "json", "note");

    /** Checks the number of repetitions: quartiles of fewer say little. */
    Options {
        if (repetitions < LEAST) {
            throw new IllegalArgumentException(
                    "--repetitions must be at least %d, is %d".formatted(LEAST, repetitions));
        }
    }

    /**
     * Reads the command line.
     *
     * @throws IllegalArgumentException if it is not understood
     */
    static Options of(String[] line, Path model) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i < line.length; i += 2) {
            String name = line[i].startsWith("--") ? line[i].substring(2) : "";
            if (!NAMES.contains(name) || i + 1 == line.length) {
                throw new IllegalArgumentException(
                        "'%s' is not understood in %s".formatted(line[i], Arrays.toString(line)));
            }
            given.put(name, line[i + 1]);
        }
        return new Options(
                Integer.parseInt(given.getOrDefault("repetitions", "15")),
                given.getOrDefault("device", "cpu"),
                given.getOrDefault("only", ""),
                Path.of(given.getOrDefault("model", model.toString())),
                Path.of(given.getOrDefault("json", "bench/target/cpu.jsonl")),
                given.getOrDefault("note", ""));
    }
}
