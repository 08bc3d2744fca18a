package carve.runtime.eval.suite;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files that the user has of a suite.
 *
 * @param data a file, or the folder that holds the suite's files
 * @param images the folder of the pictures, where it is not where the suite's authors have it
 * @param split the part of the suite that is wanted; empty for the usual one
 */
public record SuiteData(Path data, Optional<Path> images, String split) {
    /**
     * Checks that the data is there, and the folder of the pictures.
     *
     * @throws SuiteException if one is not
     */
    public SuiteData {
        if (!Files.exists(data)) {
            throw new SuiteException(data + ": no such file or folder");
        }
        images.filter(folder -> !Files.isDirectory(folder)).ifPresent(folder -> {
            throw new SuiteException(folder + ": no such folder; --images names that of the pictures");
        });
    }

    boolean isTable() {
        return Files.isRegularFile(data)
                && data.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".tsv");
    }

    /** Returns the file itself, or the file of one of these names in the folder. */
    Path file(String... names) {
        if (Files.isRegularFile(data)) {
            return data;
        }
        return find(names)
                .orElseThrow(
                        () -> new SuiteException("%s: there is no %s".formatted(data, String.join(" and no ", names))));
    }

    /** Returns the first of these files beside the data that is there. */
    Optional<Path> find(String... names) {
        return Stream.of(names)
                .map(folder()::resolve)
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** Returns the folder of the data. */
    Path folder() {
        return Files.isDirectory(data) ? data : data.toAbsolutePath().getParent();
    }

    /** Returns the files in the folder whose names match, sorted; the file itself if it is one. */
    List<Path> files(String pattern) {
        if (Files.isRegularFile(data)) {
            return List.of(data);
        }
        try (Stream<Path> all = Files.list(data)) {
            return all.filter(file -> file.getFileName().toString().matches(pattern))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new SuiteException("%s: cannot be read: %s".formatted(data, e.getMessage()), e);
        }
    }

    /** Returns the picture that has one of these names in the folder of pictures, or beside the data. */
    PictureSource image(String place, String... names) {
        List<Path> folders = images.map(List::of).orElseGet(() -> List.of(folder(), folder().resolve("images")));
        for (Path folder : folders) {
            for (String name : names) {
                Path file = folder.resolve(name);
                if (Files.isRegularFile(file)) {
                    return new PictureSource.InFile(file);
                }
            }
        }
        throw new SuiteException("%s: there is no picture '%s' in %s; --images names their folder"
                .formatted(
                        place,
                        names[0],
                        String.join(" or ", folders.stream().map(Path::toString).toList())));
    }

    static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (MalformedInputException e) {
            throw new SuiteException(file + ": must be UTF-8", e);
        } catch (IOException e) {
            throw new SuiteException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** Returns the objects of a file of JSON lines; each says its line as its origin. */
    static List<JsonObject> jsonLines(Path file) {
        List<JsonObject> objects = new ArrayList<>();
        List<String> lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                objects.add(line(lines.get(i), location(file, i + 1)));
            }
        }
        return objects;
    }

    private static JsonObject line(String text, String place) {
        try {
            return Json.parseObject(text, place);
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    static JsonObject object(Path file) {
        try {
            return Json.readObject(file);
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    /** Returns the members of an array, all of which must be objects. */
    static List<JsonObject> objects(String place, JsonArray array) {
        List<JsonObject> objects = new ArrayList<>();
        for (JsonValue item : array.items()) {
            objects.add(object(place + "[" + objects.size() + "]", item));
        }
        return objects;
    }

    /** Returns a value as the object that it must be. */
    static JsonObject object(String place, JsonValue value) {
        if (value instanceof JsonObject object) {
            return object;
        }
        throw new SuiteException("%s: expected an object, found %s".formatted(place, value.describe()));
    }

    static String location(Path file, int line) {
        return "%s: line %d".formatted(file.getFileName(), line);
    }
}
