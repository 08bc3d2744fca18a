package carve.app.linearize;

import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.runtime.io.FolderTransaction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The description of a run and the outcomes of its phases: {@value #RUN} and {@code NAME.json} in {@code phases/} of the folder. A record is
 * there whole or not at all.
 *
 * @param folder the folder of the run
 */
record PhaseRecords(Path folder) {
    private static final String RUN = "linearize.json";
    private static final String PHASES = "phases";
    private static final String SUFFIX = ".json";

    private Path records() {
        return folder.resolve(PHASES);
    }

    /**
     * Begins a run, or goes on with it.
     *
     * @param run all that its result depends on
     * @throws SettingsException if the folder has another run, or other files
     */
    void begin(JsonObject run) {
        Optional<JsonObject> found = read(RUN);
        if (found.isPresent()) {
            requireSame(found.get(), run);
            return;
        }
        if (hasOtherFiles()) {
            throw new SettingsException(
                    "%s: is not empty, and has no run of linearize; give another folder with --out".formatted(folder));
        }
        write(RUN, run);
    }

    // a run that was killed at once has a folder of phases, and nothing in it
    private boolean hasOtherFiles() {
        String[] files = folder.toFile().list((_, name) -> !name.equals(PHASES));
        return files != null && files.length > 0;
    }

    private void requireSame(JsonObject found, JsonObject run) {
        TreeSet<String> keys = new TreeSet<>(found.keys());
        keys.addAll(run.keys());
        keys.removeIf(key -> found.value(key).equals(run.value(key)));
        if (!keys.isEmpty()) {
            String key = keys.getFirst();
            throw new SettingsException("%s: was begun with %s = %s, now it is %s; restore that, or give another folder"
                    .formatted(folder, key, text(found, key), text(run, key)));
        }
    }

    private static String text(JsonObject json, String key) {
        return json.value(key).map(Object::toString).orElse("not set");
    }

    /** Returns the outcome of a phase that is done. */
    Optional<JsonObject> outcome(String phase) {
        return read(phase + SUFFIX);
    }

    /** Keeps the outcome of a phase. */
    void done(String phase, JsonObject outcome) {
        write(phase + SUFFIX, outcome);
    }

    private Optional<JsonObject> read(String name) {
        return FolderTransaction.resolve(records(), name).filter(Files::exists).map(Json::readObject);
    }

    private void write(String name, JsonObject json) {
        try (FolderTransaction transaction = FolderTransaction.begin(records())) {
            transaction.write(name, (Json.print(json) + "\n").getBytes(StandardCharsets.UTF_8));
            transaction.commit();
        }
    }
}
