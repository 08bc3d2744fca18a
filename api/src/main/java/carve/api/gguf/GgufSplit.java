package carve.api.gguf;

import carve.api.checkpoint.CheckpointException;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The file names of a model that {@code llama-gguf-split} cut into several: {@code NAME-00001-of-00003.gguf} and so on. The
 * first has the metadata; each tells its place under {@code split.no}, from 0, and {@code split.count}.
 *
 * @param stem the path up to the number, without the hyphen
 * @param count how many files there are
 */
record GgufSplit(String stem, int count) {
    static final String NUMBER_KEY = "split.no";
    static final String COUNT_KEY = "split.count";
    static final String TENSORS_KEY = "split.tensors.count";

    private static final Pattern NAME = Pattern.compile("(.+)-([0-9]{5})-of-([0-9]{5})\\.gguf");

    /** Returns the split that a file's name is one of, if it is. */
    static Optional<GgufSplit> of(Path file) {
        Matcher name = NAME.matcher(file.toString());
        return name.matches() && Integer.parseInt(name.group(3)) > 0
                ? Optional.of(new GgufSplit(name.group(1), Integer.parseInt(name.group(3))))
                : Optional.empty();
    }

    /** Returns the file of a number, from 0. */
    Path file(int number) {
        return Path.of("%s-%05d-of-%05d.gguf".formatted(stem, number + 1, count));
    }

    /**
     * Returns all files, the first one first.
     *
     * @throws CheckpointException if some are missing; it names them
     */
    List<Path> files() {
        List<Path> files = IntStream.range(0, count).mapToObj(this::file).toList();
        List<String> missing = files.stream()
                .filter(file -> !Files.exists(file))
                .map(file -> file.getFileName().toString())
                .toList();
        if (!missing.isEmpty()) {
            throw new CheckpointException("%s-*.gguf: the model is split into %d files, of which %s missing: %s"
                    .formatted(stem, count, missing.size() == 1 ? "1 is" : missing.size() + " are", shown(missing)));
        }
        return files;
    }

    private static String shown(List<String> names) {
        int most = 10;
        String first = String.join(", ", names.subList(0, Math.min(most, names.size())));
        return names.size() <= most ? first : first + " and %d more".formatted(names.size() - most);
    }

    /** Returns what the keys of a file of the split, by its number from 0, say otherwise than its name. */
    List<String> problems(JsonObject metadata, int number) {
        List<String> problems = new ArrayList<>();
        expect(metadata, NUMBER_KEY, number, problems);
        expect(metadata, COUNT_KEY, count, problems);
        return problems;
    }

    private static void expect(JsonObject metadata, String key, long expected, List<String> problems) {
        if (number(metadata, key, -1) != expected) {
            String found = metadata.value(key).map(JsonValue::describe).orElse("missing");
            problems.add("'%s' is %s, the file's name says %d".formatted(key, found, expected));
        }
    }

    /** Returns a whole number of the metadata; -1 if something else is there. */
    static long number(JsonObject metadata, String key, long orElse) {
        return metadata.value(key)
                .map(value ->
                        value instanceof JsonNumber number ? number.whole().orElse(-1) : -1L)
                .orElse(orElse);
    }
}
