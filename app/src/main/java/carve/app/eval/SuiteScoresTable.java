package carve.app.eval;

import carve.app.report.TextTable;
import carve.runtime.eval.suite.SuiteScores;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The scores of a suite as a table. */
public final class SuiteScoresTable {
    private SuiteScoresTable() {}

    /** Returns the table: a row for each group of questions. */
    public static TextTable of(SuiteScores scores) {
        List<String> header = new ArrayList<>(List.of("SCORES"));
        scores.columns().forEach(column -> header.add(column.toUpperCase(Locale.ROOT)));
        header.add("QUESTIONS");
        TextTable table = new TextTable(header.toArray(String[]::new));
        for (SuiteScores.Row row : scores.rows()) {
            List<Object> cells = new ArrayList<>(List.of(row.name()));
            row.values().forEach(value -> cells.add(format(value)));
            cells.add(row.questions());
            table.row(cells.toArray());
        }
        return table;
    }

    private static String format(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2f", value);
    }
}
