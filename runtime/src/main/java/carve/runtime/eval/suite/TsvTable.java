package carve.runtime.eval.suite;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A table in VLMEvalKit's form: UTF-8, columns apart by tabs, names of columns in the first line, a cell that holds a tab, a
 * line end or a quote in double quotes, in which a quote is written twice. {@code nan} is an empty cell.
 *
 * <p>The column {@code image} is base64 of a picture. It may be gigabytes in all and is not kept: a cell of up to 64 characters
 * is the {@code index} of another row that has the picture, a longer one is read when it is asked for.
 */
final class TsvTable {
    private static final String IMAGE = "image";
    private static final int REFERENCE = 64;
    private static final int SHOWN = 32;
    private static final int BUFFER = 1 << 20;

    private final Path file;
    private final List<Row> rows = new ArrayList<>();
    private final Map<String, PictureSource> pictures = new HashMap<>();

    /** A row: the number of its first line, and its cells by column. */
    record Row(Path file, int line, Map<String, String> cells) {
        String location() {
            return SuiteData.location(file, line);
        }

        /** Returns a cell; empty where the table has no such column. */
        String cell(String column) {
            String text = cells.getOrDefault(column, "");
            return text.equals("nan") ? "" : text;
        }

        /** Returns a cell that must not be empty. */
        String required(String column) {
            String text = cell(column);
            if (text.isEmpty()) {
                throw new SuiteException("%s: column '%s' is empty".formatted(location(), column));
            }
            return text;
        }

        /** Returns the choices A, B, C and so on up to the first that is empty. */
        List<String> choices() {
            List<String> choices = new ArrayList<>();
            while (choices.size() < 26 && !cell(Question.letter(choices.size())).isEmpty()) {
                choices.add(cell(Question.letter(choices.size())));
            }
            return choices;
        }

        /** Returns these cells. */
        Map<String, String> attributes(String... columns) {
            Map<String, String> facts = new HashMap<>();
            for (String column : columns) {
                facts.put(column, cell(column));
            }
            return facts;
        }
    }

    /** Reads a table that must have these columns, beside {@code index} and {@code image}. */
    TsvTable(Path file, String... columns) {
        this.file = file;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
            new Parser(in).read(columns);
        } catch (IOException e) {
            throw new SuiteException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    List<Row> rows() {
        return rows;
    }

    /** Returns the picture of a row. */
    PictureSource image(Row row) {
        String reference = row.cell(IMAGE);
        String index = reference.isEmpty() ? row.cell("index") : reference;
        PictureSource picture = pictures.get(index);
        if (picture == null) {
            throw new SuiteException(
                    "%s: column 'image' is '%s', which is neither a picture nor the index of a row with one"
                            .formatted(row.location(), reference));
        }
        return picture;
    }

    /** Goes over the bytes once. */
    private final class Parser {
        private final InputStream in;
        private final ByteArrayOutputStream cell = new ByteArrayOutputStream();
        private List<String> header = List.of();
        private long offset;
        private int line = 1;
        private int next;

        Parser(InputStream in) {
            this.in = in;
        }

        void read(String... columns) throws IOException {
            next = in.read();
            header = names();
            require("index");
            require(IMAGE);
            for (String column : columns) {
                require(column);
            }
            while (next >= 0) {
                row();
            }
        }

        private List<String> names() throws IOException {
            List<String> names = new ArrayList<>();
            boolean more = true;
            while (more) {
                cell(false);
                String name = text();
                names.add(names.isEmpty() && name.startsWith("\uFEFF") ? name.substring(1) : name);
                more = next == '\t';
                step();
            }
            return names;
        }

        private void require(String column) {
            if (!header.contains(column)) {
                throw new SuiteException("%s: there is no column '%s'; there are %s"
                        .formatted(SuiteData.location(file, 1), column, String.join(", ", shown())));
            }
        }

        // a table that lacks its header has pictures here
        private List<String> shown() {
            return header.stream()
                    .map(name -> name.isEmpty() ? "''" : name)
                    .map(name -> name.length() > SHOWN ? name.substring(0, SHOWN) + "..." : name)
                    .toList();
        }

        private void row() throws IOException {
            int first = line;
            Map<String, String> cells = new HashMap<>();
            List<PictureSource> picture = new ArrayList<>();
            int column = 0;
            boolean more = true;
            boolean cut = false;
            while (more) {
                boolean image = column < header.size() && header.get(column).equals(IMAGE);
                long start = offset;
                int length = cell(image);
                if (image && length > REFERENCE) {
                    picture.add(new PictureSource.InTable(file, first, start, length));
                } else if (column < header.size()) {
                    cells.put(header.get(column), text());
                }
                column++;
                more = next == '\t';
                cut = next < 0;
                step();
            }
            if (column == 1 && cells.get(header.getFirst()).isEmpty()) {
                return;
            }
            if (column != header.size()) {
                throw new SuiteException("%s: has %d cells, but there are %d columns%s"
                        .formatted(
                                SuiteData.location(file, first),
                                column,
                                header.size(),
                                cut ? "; the file ends in this line, it is not whole" : ""));
            }
            Row row = new Row(file, first, cells);
            rows.add(row);
            picture.forEach(pictureSource -> pictures.put(row.required("index"), pictureSource));
        }

        // leaves next at what ends the cell; returns the bytes of one that is not in quotes
        private int cell(boolean image) throws IOException {
            cell.reset();
            if (next == '"' && !image) {
                quoted();
                return 0;
            }
            int first = line;
            int length = 0;
            int wrong = 0;
            while (next >= 0 && next != '\t' && next != '\n') {
                if (next != '\r') {
                    length++;
                    wrong = wrong == 0 && image && !isBase64(next) ? next : wrong;
                    if (!image || length <= REFERENCE) {
                        cell.write(next);
                    }
                }
                step();
            }
            if (wrong != 0 && length > REFERENCE) {
                throw new SuiteException("%s: column 'image' must be base64, found '%c'"
                        .formatted(SuiteData.location(file, first), wrong));
            }
            return length;
        }

        private static boolean isBase64(int c) {
            return c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c >= '0' && c <= '9'
                    || c == '+'
                    || c == '/'
                    || c == '=';
        }

        private void quoted() throws IOException {
            int first = line;
            step();
            while (true) {
                if (next < 0) {
                    throw new SuiteException(
                            "%s: a quote that begins here does not end".formatted(SuiteData.location(file, first)));
                }
                int here = next;
                step();
                if (here == '"' && next != '"') {
                    break;
                }
                if (here == '"') {
                    step();
                }
                cell.write(here);
            }
            if (next == '\r') {
                step();
            }
            if (next >= 0 && next != '\t' && next != '\n') {
                throw new SuiteException(
                        "%s: a tab must follow the end of a quote".formatted(SuiteData.location(file, line)));
            }
        }

        private void step() throws IOException {
            line += next == '\n' ? 1 : 0;
            next = in.read();
            offset++;
        }

        private String text() {
            return cell.toString(StandardCharsets.UTF_8);
        }
    }
}
