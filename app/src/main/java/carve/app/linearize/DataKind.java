package carve.app.linearize;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The kind of data of files: {@code chat} where the first row of the first JSON lines is a conversation, else {@code text}. */
final class DataKind {
    static final String CHAT = "chat";

    private static final String TEXT = "text";
    private static final List<String> CONVERSATION = List.of("messages", "conversations", "instruction");

    private DataKind() {}

    /** Returns the kind of files, and of what is in folders. */
    static String of(List<Path> files) {
        return files.stream()
                        .flatMap(DataKind::inside)
                        .filter(file -> file.toString().matches(".*\\.(jsonl|ndjson)"))
                        .findFirst()
                        .filter(DataKind::hasConversation)
                        .isPresent()
                ? CHAT
                : TEXT;
    }

    private static Stream<Path> inside(Path path) {
        if (!Files.isDirectory(path)) {
            return Files.isRegularFile(path) ? Stream.of(path) : Stream.empty();
        }
        try (Stream<Path> walked = Files.walk(path)) {
            return walked.filter(Files::isRegularFile).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean hasConversation(Path file) {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            String first = lines.readLine();
            JsonObject row = Json.parseObject(first == null ? "{}" : first, file.toString());
            return CONVERSATION.stream().anyMatch(row::has);
        } catch (JsonException e) {
            return false; // the data set names the row
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }
}
