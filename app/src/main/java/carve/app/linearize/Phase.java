package carve.app.linearize;

import carve.api.json.JsonObject;
import java.io.IOException;

/** A part of the work. What it makes depends on settings, on files and on the records of earlier phases alone. */
interface Phase {
    /** Returns its name, which is that of its record. */
    String name();

    /** Returns its title, for the person who waits. */
    String title();

    /**
     * Runs the phase.
     *
     * @return its outcome
     * @throws IOException if a file cannot be read or written
     */
    JsonObject run() throws IOException;

    /** Returns a line about an outcome. */
    String summary(JsonObject outcome);
}
