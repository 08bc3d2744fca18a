package carve.app.cli;

import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.text.Processor;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The texts that models are compared on: {@code .txt} files, each one document, and {@code .jsonl} files with a document under {@code text}
 * in each line. Documents are cut into rows; what is left at their ends is a row of its own.
 *
 * @param files the files
 * @param length the most tokens of a row
 * @param limit the most rows
 */
record TextRows(List<Path> files, int length, int limit) {
    private static final int MIN_TOKENS = 16;

    /**
     * Returns the files that a path names: itself, all texts in it, or those that it matches as a glob.
     *
     * @throws SettingsException if there are none
     */
    static List<Path> files(Path data) throws IOException {
        if (Files.isRegularFile(data)) {
            return List.of(data);
        }
        boolean folder = Files.isDirectory(data);
        Path parent = folder ? data : data.toAbsolutePath().getParent();
        PathMatcher matcher =
                FileSystems.getDefault().getPathMatcher("glob:" + (folder ? "*.{txt,jsonl}" : data.getFileName()));
        if (Files.isDirectory(parent)) {
            try (Stream<Path> all = Files.list(parent)) {
                List<Path> found = all.filter(file -> matcher.matches(file.getFileName()))
                        .sorted()
                        .toList();
                if (!found.isEmpty()) {
                    return found;
                }
            }
        }
        throw new SettingsException(
                "--data: %s: there is no such text; give a .txt or .jsonl file, a folder of them, or a glob in quotes"
                        .formatted(data));
    }

    List<int[]> tokens(Processor processor) throws IOException {
        List<int[]> rows = new ArrayList<>();
        for (Path file : files) {
            for (String document : documents(file)) {
                cut(processor.encode(document), rows);
                if (rows.size() >= limit) {
                    return rows.subList(0, limit);
                }
            }
        }
        if (rows.isEmpty()) {
            throw new SettingsException(
                    "--data: %s: there is no text of %d tokens or more".formatted(files, MIN_TOKENS));
        }
        return rows;
    }

    private void cut(int[] tokens, List<int[]> rows) {
        for (int at = 0; tokens.length - at >= MIN_TOKENS; at += length) {
            rows.add(Arrays.copyOfRange(tokens, at, Math.min(tokens.length, at + length)));
        }
    }

    private static List<String> documents(Path file) throws IOException {
        if (!file.toString().endsWith(".jsonl")) {
            return List.of(Files.readString(file));
        }
        List<String> documents = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                documents.add(text(file, i + 1, lines.get(i)));
            }
        }
        return documents;
    }

    private static String text(Path file, int number, String line) {
        try {
            if (Json.parse(line, "%s:%d".formatted(file, number)) instanceof JsonObject object) {
                return object.string("text");
            }
            throw new SettingsException("%s:%d: expected an object with 'text'".formatted(file, number));
        } catch (JsonException e) {
            throw new SettingsException(e.getMessage(), e);
        }
    }
}
