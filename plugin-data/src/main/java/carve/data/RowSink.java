package carve.data;

import carve.api.json.JsonObject;

/** Receives the rows of files in their order. */
interface RowSink {
    /**
     * Receives a row.
     *
     * @param place what messages call it, such as {@code train.jsonl: line 7}
     */
    void row(String place, JsonObject row);

    /** Receives a row that cannot be read. */
    void bad(String place, String reason);
}
