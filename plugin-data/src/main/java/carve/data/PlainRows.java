package carve.data;

import carve.api.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.util.function.LongConsumer;

/**
 * Documents of plain files as rows with one column.
 *
 * @param column its name
 * @param split what a document is
 */
record PlainRows(String column, Split split) {
    /** Reads a file. */
    void read(DataFile file, RowSink sink, LongConsumer progress) throws IOException {
        try (InputStream in = file.open(progress)) {
            switch (split) {
                case FILE -> whole(file, in, sink);
                case LINES -> lines(file, in, sink);
                case PARAGRAPHS -> paragraphs(file, in, sink);
            }
        }
    }

    private void whole(DataFile file, InputStream in, RowSink sink) throws IOException {
        byte[] bytes = in.readNBytes(LineReader.MAX_BYTES + 1);
        if (bytes.length > LineReader.MAX_BYTES) {
            sink.bad(
                    file.path().toString(),
                    "a document of more than %d MiB; set split = paragraphs or lines"
                            .formatted(LineReader.MAX_BYTES >> 20));
            return;
        }
        try {
            String text = LineReader.text(bytes);
            add(sink, file.path().toString(), text.startsWith("\uFEFF") ? text.substring(1) : text);
        } catch (CharacterCodingException _) {
            sink.bad(file.path().toString(), "not UTF-8");
        }
    }

    private void lines(DataFile file, InputStream in, RowSink sink) throws IOException {
        LineReader lines = new LineReader(in);
        while (lines.next()) {
            String place = place(file, lines.number());
            try {
                add(sink, place, LineReader.text(lines.bytes()).stripTrailing());
            } catch (CharacterCodingException _) {
                sink.bad(place, "not UTF-8");
            }
        }
    }

    private void paragraphs(DataFile file, InputStream in, RowSink sink) throws IOException {
        LineReader lines = new LineReader(in);
        StringBuilder text = new StringBuilder();
        int first = 1;
        while (lines.next()) {
            String line = paragraphLine(file, lines, sink);
            if (line.isBlank()) {
                add(sink, place(file, first), text.toString().stripTrailing());
                text.setLength(0);
                first = lines.number() + 1;
            } else if (text.length() + line.length() > LineReader.MAX_BYTES) {
                throw new IOException(
                        "the paragraph at line %d is longer than %d MiB".formatted(first, LineReader.MAX_BYTES >> 20));
            } else {
                text.append(line).append('\n');
            }
        }
        add(sink, place(file, first), text.toString().stripTrailing());
    }

    private static String paragraphLine(DataFile file, LineReader lines, RowSink sink) {
        try {
            return LineReader.text(lines.bytes());
        } catch (CharacterCodingException _) {
            sink.bad(place(file, lines.number()), "not UTF-8");
            return "";
        }
    }

    private static String place(DataFile file, int line) {
        return "%s: line %d".formatted(file.path(), line);
    }

    private void add(RowSink sink, String place, String text) {
        if (!text.isBlank()) {
            sink.row(place, JsonObject.empty().with(column, text));
        }
    }
}
