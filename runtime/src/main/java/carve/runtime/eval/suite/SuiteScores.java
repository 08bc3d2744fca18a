package carve.runtime.eval.suite;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores of the answers to the questions of a suite.
 *
 * @param columns names of the figures, in lower case
 * @param rows the figures of each group, all questions first
 * @param notes what must be known to read them
 */
public record SuiteScores(List<String> columns, List<Row> rows, List<String> notes) {
    /**
     * The figures of a group.
     *
     * @param name the group
     * @param values one for each column; NaN where there is none
     * @param questions how many questions they are of
     */
    public record Row(String name, List<Double> values, int questions) {
        /** Copies the list. */
        public Row {
            values = List.copyOf(values);
        }
    }

    /** Copies the lists. */
    public SuiteScores {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
        notes = List.copyOf(notes);
    }

    /** Returns the figure of a row and a column. */
    public double value(String row, String column) {
        Row found = rows.stream()
                .filter(candidate -> candidate.name().equals(row))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no row '%s' in %s".formatted(row, rows)));
        return found.values().get(columns.indexOf(column));
    }

    /** Returns the scores for programs: an object for each row. */
    public JsonArray json() {
        List<JsonValue> items = new ArrayList<>();
        for (Row row : rows) {
            JsonObject item = JsonObject.empty().with("name", row.name()).with("of", row.questions());
            for (int i = 0; i < columns.size(); i++) {
                double figure = row.values().get(i);
                item = Double.isNaN(figure) ? item : item.with(columns.get(i), figure);
            }
            items.add(item);
        }
        return new JsonArray(items);
    }
}
