package carve.runtime.train;

import carve.api.data.DatasetFiles;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.runtime.engine.Digests;
import carve.runtime.io.FileDigests;
import carve.runtime.io.FileStamp;
import carve.runtime.io.FolderTransaction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * The files of data and models that the result of a stage depends on, as they were when the stage began.
 *
 * <p>A checkpoint has the digest of this list. The list itself is in the folder of the stage, in {@value #FILE}, so that a run that
 * is resumed can name the files that have changed: a JSON object of names and contents. The name of a file of data is relative
 * to the folder of the first such file, so that data can be moved as a whole; that of a model's file begins with the model's part
 * in the run. A content is {@code sha256 DIGEST} for models and annotations, {@code SIZE bytes, modified TIME} for media, or
 * {@code missing}.
 *
 * @param contents the contents by name, in order
 */
public record InputFiles(Map<String, String> contents) {
    /** The file with the list. */
    static final String FILE = "input-files.json";

    /** A list of no files. */
    public static final InputFiles NONE = new InputFiles(Map.of());

    private static final String MISSING = "missing";
    private static final int SHOWN = 10;

    /** Copies the map. */
    public InputFiles {
        contents = Collections.unmodifiableMap(new LinkedHashMap<>(contents));
    }

    /**
     * Returns the files of a data set as they are now.
     *
     * @param progress receives numbers of bytes as they are read
     * @throws IOException if one cannot be read
     */
    public static InputFiles of(DatasetFiles files, FileDigests digests, LongConsumer progress) throws IOException {
        if (files.annotations().isEmpty() && files.media().isEmpty()) {
            return NONE;
        }
        Path first = Stream.concat(files.annotations().stream(), files.media().stream())
                .findFirst()
                .orElseThrow();
        Path base = first.toAbsolutePath().normalize().getParent();
        Map<String, String> contents = new LinkedHashMap<>();
        for (Path file : files.annotations()) {
            contents.put(relative(base, file), "sha256 " + digests.sha256(FileStamp.of(file), progress));
        }
        for (Path file : files.media()) {
            contents.putIfAbsent(relative(base, file), stamp(file));
        }
        return new InputFiles(contents);
    }

    private static String relative(Path base, Path file) {
        return base.relativize(file.toAbsolutePath().normalize()).toString();
    }

    private static String stamp(Path file) throws IOException {
        try {
            FileStamp stamp = FileStamp.of(file);
            return "%d bytes, modified %s".formatted(stamp.size(), stamp.modified());
        } catch (NoSuchFileException e) {
            return MISSING;
        }
    }

    /**
     * Returns files of a model as they are now. Hidden files and Markdown, which no model depends on, are left out.
     *
     * @param part the model's part in the run, such as {@code teacher}
     * @param files its files
     * @param progress receives numbers of bytes as they are read
     * @throws IOException if one cannot be read
     */
    public static InputFiles ofModel(String part, List<FileStamp> files, FileDigests digests, LongConsumer progress)
            throws IOException {
        Map<String, String> contents = new LinkedHashMap<>();
        for (FileStamp file : files) {
            String name = file.path().getFileName().toString();
            if (!name.startsWith(".") && !name.toLowerCase(Locale.ROOT).endsWith(".md")) {
                contents.put(part + ": " + name, "sha256 " + digests.sha256(file, progress));
            }
        }
        return new InputFiles(contents);
    }

    /** Returns these files and others. */
    public InputFiles and(InputFiles others) {
        Map<String, String> all = new LinkedHashMap<>(contents);
        all.putAll(others.contents);
        return new InputFiles(all);
    }

    /** Returns the digest of names and contents. */
    public String digest() {
        List<String> texts = new ArrayList<>();
        contents.forEach((name, content) -> texts.addAll(List.of(name, content)));
        return Digests.of(texts);
    }

    /**
     * Returns the differences to the list that a run wrote into a folder, at most {@value #SHOWN} of them and how many more.
     *
     * @param digest that of the list that is meant
     */
    List<String> differences(Path folder, String digest) {
        Optional<InputFiles> before =
                read(folder).filter(files -> files.digest().equals(digest));
        if (before.isEmpty()) {
            return List.of(
                    "which ones cannot be told, since %s is missing or has changed".formatted(folder.resolve(FILE)));
        }
        List<String> all = differences(before.get());
        List<String> shown = new ArrayList<>(all.subList(0, Math.min(SHOWN, all.size())));
        if (all.size() > SHOWN) {
            shown.add("and %d more".formatted(all.size() - SHOWN));
        }
        return shown;
    }

    private List<String> differences(InputFiles before) {
        Set<String> names = new LinkedHashSet<>(before.contents.keySet());
        names.addAll(contents.keySet());
        return names.stream()
                .filter(name -> !content(name).equals(before.content(name)))
                .map(name -> "%s: was %s, is %s".formatted(name, before.content(name), content(name)))
                .toList();
    }

    private String content(String name) {
        return contents.getOrDefault(name, "not used");
    }

    /** Writes the list into a folder. */
    void write(Path folder) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        contents.forEach((name, content) -> members.put(name, new JsonString(content)));
        try (FolderTransaction transaction = FolderTransaction.begin(folder)) {
            transaction.write(FILE, Json.print(JsonObject.of(members)).getBytes(StandardCharsets.UTF_8));
            transaction.commit();
        }
    }

    private static Optional<InputFiles> read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonObject json = Json.readObject(file);
            Map<String, String> contents = new LinkedHashMap<>();
            json.keys().forEach(name -> contents.put(name, json.string(name)));
            return Optional.of(new InputFiles(contents));
        } catch (JsonException e) {
            return Optional.empty();
        }
    }
}
