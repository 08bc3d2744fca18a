package carve.data;

import carve.api.json.JsonObject;
import java.io.IOException;
import java.util.Set;
import java.util.function.LongConsumer;

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

    /**
     * Reads the rows of a plain file.
     *
     * @param progress is told of numbers of bytes as they are read
     * @throws IOException if it cannot be read
     */
    void readPlain(DataFile file, RowSink sink, LongConsumer progress) throws IOException;
}
