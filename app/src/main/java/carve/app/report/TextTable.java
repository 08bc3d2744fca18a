package carve.app.report;

import java.util.ArrayList;
import java.util.List;

/** A table of text. Columns are as wide as their widest cell; those of numbers stand at the right. */
public final class TextTable {
    private static final String NUMBER = "[-+]?[0-9][0-9.,]*( ?([kKMGT]i?B?|B|%|x|s|ms|M|G))?|-|";

    private final List<String> header;
    private final List<List<String>> rows = new ArrayList<>();

    /** Makes a table with a header. */
    public TextTable(String... header) {
        this.header = List.of(header);
    }

    /** Adds a row; it has a cell for each of the header's. */
    public TextTable row(Object... cells) {
        if (cells.length != header.size()) {
            throw new IllegalArgumentException("%d cells for %d columns".formatted(cells.length, header.size()));
        }
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(cell.toString());
        }
        rows.add(row);
        return this;
    }

    /** Returns the lines, header first. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(line(header));
        rows.forEach(row -> lines.add(line(row)));
        return lines;
    }

    private String line(List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < cells.size(); column++) {
            String cell = cells.get(column);
            String space = " ".repeat(width(column) - cell.length());
            line.append(column == 0 ? "" : "  ").append(numeric(column) ? space + cell : cell + space);
        }
        return line.toString().stripTrailing();
    }

    private int width(int column) {
        int widest =
                rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
        return Math.max(widest, header.get(column).length());
    }

    private boolean numeric(int column) {
        return !rows.isEmpty() && rows.stream().allMatch(row -> row.get(column).matches(NUMBER));
    }

    /** Prints the lines. */
    public void print(Terminal terminal) {
        lines().forEach(terminal::println);
    }
}
