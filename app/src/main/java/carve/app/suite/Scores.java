package carve.app.suite;

import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.config.JsonValue;
import carve.app.terminal.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What answers are worth.
 *
 * @param columns names of the figures, in lower case
 * @param rows the figures of each group, all questions first
 * @param remarks what must be known to read them
 */
public record Scores(List<String> columns, List<Row> rows, List<String> remarks) {
    /**
     * The figures of a group.
     *
     * @param name the group
     * @param figures one for each column; NaN where there is none
     * @param of how many questions they are of
     */
    public record Row(String name, List<Double> figures, int of) {
        /** Copies the list. */
        public Row {
            figures = List.copyOf(figures);
        }
    }

    /** Copies the lists. */
    public Scores {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
        remarks = List.copyOf(remarks);
    }

    /** Returns the figure of a row and a column. */
    public double figure(String row, String column) {
        Row found = rows.stream()
                .filter(candidate -> candidate.name().equals(row))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no row '%s' in %s".formatted(row, rows)));
        return found.figures().get(columns.indexOf(column));
    }

    /** Returns the table for people. */
    public Table table() {
        List<String> header = new ArrayList<>(List.of("SCORES"));
        columns.forEach(column -> header.add(column.toUpperCase(Locale.ROOT)));
        header.add("OF");
        Table table = new Table(header.toArray(String[]::new));
        for (Row row : rows) {
            List<Object> cells = new ArrayList<>(List.of(row.name()));
            row.figures().forEach(figure -> cells.add(shown(figure)));
            cells.add(row.of());
            table.row(cells.toArray());
        }
        return table;
    }

    private static String shown(double figure) {
        return Double.isNaN(figure) ? "-" : String.format(Locale.ROOT, "%.2f", figure);
    }

    /** Returns the scores for programs: an object for each row. */
    public JsonArray json() {
        List<JsonValue> items = new ArrayList<>();
        for (Row row : rows) {
            JsonObject item = JsonObject.empty().with("name", row.name()).with("of", row.of());
            for (int i = 0; i < columns.size(); i++) {
                double figure = row.figures().get(i);
                item = Double.isNaN(figure) ? item : item.with(columns.get(i), figure);
            }
            items.add(item);
        }
        return new JsonArray(items);
    }
}
