package carve.api.device;

import java.util.List;

/**
 * A table with which a device describes itself to people, as in {@code carve devices --verbose}.
 *
 * @param title the title, lower case
 * @param columns the names of the columns
 * @param rows the rows, each with as many cells as there are columns
 */
public record DetailTable(String title, List<String> columns, List<List<String>> rows) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if a row has another number of cells than there are columns
     */
    public DetailTable {
        columns = List.copyOf(columns);
        rows = rows.stream().map(List::copyOf).toList();
        for (List<String> row : rows) {
            if (row.size() != columns.size()) {
                throw new IllegalArgumentException("table '%s' has %d columns, but a row of %d cells: %s"
                        .formatted(title, columns.size(), row.size(), row));
            }
        }
    }
}
