package carve.data;

import carve.api.json.JsonObject;
import java.util.Set;

/** Makes tokens of the rows of files. */
interface DocumentEncoder {
    /** Returns the columns that are read. */
    Set<String> columns();

    /** Returns the settings that tokens depend on, as text. */
    String settings();

    /** Returns whether documents have weights. */
    boolean isWeighted();

    /**
     * Returns the tokens of a row.
     *
     * @throws IllegalArgumentException if it cannot be used; the message says why
     * @throws carve.api.CarveException if it cannot be used; the message says why
     */
    EncodedDocument encode(JsonObject row);

    /** Reads the rows of plain files. */
    PlainRows plainRows();
}
