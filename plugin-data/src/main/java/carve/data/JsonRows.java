package carve.data;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;

/** Objects of JSON files: one on each line, or all in one array, which is read at once. */
final class JsonRows {
    private JsonRows() {}

    /** Reads a file. */
    static void read(DataFile file, RowSink sink, LongConsumer progress) throws IOException {
        try (InputStream in = new BufferedInputStream(file.open(progress))) {
            if (beginsArray(in)) {
                array(file, in, sink);
            } else {
                lines(file, in, sink);
            }
        }
    }

    private static boolean beginsArray(InputStream in) throws IOException {
        int next;
        do {
            in.mark(1);
            next = in.read();
        } while (next >= 0 && Character.isWhitespace(next));
        in.reset();
        return next == '[';
    }

    private static void array(DataFile file, InputStream in, RowSink sink) throws IOException {
        byte[] bytes = in.readNBytes(LineReader.MAX_BYTES + 1);
        if (bytes.length > LineReader.MAX_BYTES) {
            throw new IOException("an array of more than %d MiB; write one object on each line (.jsonl)"
                    .formatted(LineReader.MAX_BYTES >> 20));
        }
        try {
            JsonArray array = (JsonArray) Json.parse(bytes, file.path().toString());
            for (int i = 0; i < array.items().size(); i++) {
                add(sink, "%s: [%d]".formatted(file.path(), i), array.items().get(i));
            }
        } catch (JsonException e) {
            sink.bad(file.path().toString(), e.getMessage());
        }
    }

    private static void lines(DataFile file, InputStream in, RowSink sink) throws IOException {
        LineReader lines = new LineReader(in);
        while (lines.next()) {
            byte[] bytes = lines.bytes();
            if (!isBlank(bytes)) {
                String place = "%s: line %d".formatted(file.path(), lines.number());
                try {
                    add(sink, place, Json.parse(bytes, place));
                } catch (JsonException e) {
                    sink.bad(place, e.getMessage());
                }
            }
        }
    }

    private static boolean isBlank(byte[] bytes) {
        for (byte each : bytes) {
            if (!Character.isWhitespace(each)) {
                return false;
            }
        }
        return true;
    }

    private static void add(RowSink sink, String place, JsonValue value) {
        if (value instanceof JsonObject row) {
            sink.row(place, row);
        } else {
            sink.bad(place, "expected an object, found " + value.describe());
        }
    }
}
