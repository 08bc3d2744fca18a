package carve.app.train;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The data that the page of runs asks a server for. Safe for several threads. */
public final class RunPageData {
    private static final Map<String, String> PICTURES =
            Map.of("png", "image/png", "jpg", "image/jpeg", "jpeg", "image/jpeg");

    private final RunFolders folders;
    private final Clock clock;
    private final Set<String> pictures = new HashSet<>();

    /** Makes it for a folder of runs. */
    public RunPageData(RunFolders folders, Clock clock) {
        this.folders = folders;
        this.clock = clock;
    }

    /** Returns the runs as they are now, as JSON; where they cannot be read, what the problem is. */
    public synchronized byte[] json() {
        JsonObject json;
        try {
            List<RunRecord> runs = folders.read(clock.instant());
            runs.forEach(run -> pictures.addAll(run.pictures()));
            json = json(folders, runs);
        } catch (WatchException e) {
            json = JsonObject.empty().with("problem", e.getMessage());
        }
        return Json.compact(json).getBytes(StandardCharsets.UTF_8);
    }

    static JsonObject json(RunFolders folders, List<RunRecord> runs) {
        return JsonObject.empty()
                .with("folder", folders.root().toString())
                .with(
                        "runs",
                        new JsonArray(List.<JsonValue>copyOf(
                                runs.stream().map(RunRecord::json).toList())));
    }

    /** Returns the {@code ETag} of a body. */
    public static String etag(byte[] body) {
        return "\"%08x-%x\"".formatted(Arrays.hashCode(body), body.length);
    }

    /**
     * Returns the picture that the last part of a path names, if a sample of the runs does so too; no other files are shown.
     *
     * @param part the file's name in UTF-8 and Base64, as it is written in addresses
     */
    public synchronized Optional<Path> picture(String part) {
        try {
            String name = new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
            return pictures.contains(name) && PICTURES.containsKey(ending(name))
                    ? Optional.of(Path.of(name)).filter(Files::isRegularFile)
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Returns the type of a picture that {@link #picture} gave. */
    public static String contentType(Path picture) {
        return PICTURES.get(ending(picture.toString()));
    }

    private static String ending(String name) {
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }
}
