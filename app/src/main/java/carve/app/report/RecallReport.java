package carve.app.report;

import carve.api.json.Json;
import carve.runtime.eval.recall.Depth;
import carve.runtime.eval.recall.RecallScores;
import carve.runtime.eval.recall.RecallScores.Cell;
import carve.runtime.io.FolderTransaction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The recall of a model as a table and as heat maps.
 *
 * @param scores what it has recalled
 */
public record RecallReport(RecallScores scores) {
    /** The file with scores and answers. */
    public static final String JSON = "recall.json";

    /** Returns the table: a row for each task, a column for each length. */
    public TextTable table() {
        List<Integer> lengths = lengths();
        List<String> header = new ArrayList<>(List.of("TASK"));
        lengths.forEach(length -> header.add(HumanReadable.count(length)));
        TextTable table = new TextTable(header.toArray(String[]::new));
        for (String task : scores.byTask().keySet()) {
            Map<Integer, Double> byLength = scores.byLength(task);
            List<Object> row = new ArrayList<>(List.of(title(task)));
            lengths.forEach(length -> row.add(HumanReadable.percent(byLength.get(length))));
            table.row(row.toArray());
        }
        return table;
    }

    private String title(String task) {
        return scores.byCell().keySet().stream()
                .filter(cell -> cell.task().equals(task) && !cell.haystack().isEmpty())
                .findFirst()
                .map(cell -> "%s (%s)".formatted(task, cell.haystack()))
                .orElse(task);
    }

    /** Returns the heat map of a task: depths by lengths, or one row where answers stand anywhere. */
    public HeatMap heatMap(String task) {
        Map<Cell, Double> cells = scores.byCell();
        List<Depth> depths = cells.keySet().stream()
                .filter(cell -> cell.task().equals(task))
                .map(Cell::depth)
                .distinct()
                .toList();
        List<Integer> lengths = lengths();
        List<List<Double>> shares = depths.stream()
                .map(depth -> lengths.stream()
                        .map(length -> share(cells, task, length, depth))
                        .toList())
                .toList();
        return new HeatMap(
                title(task),
                lengths.stream().map(HumanReadable::count).toList(),
                depths.stream().map(RecallReport::name).toList(),
                shares);
    }

    private static double share(Map<Cell, Double> cells, String task, int length, Depth depth) {
        return cells.entrySet().stream()
                .filter(entry -> entry.getKey().task().equals(task)
                        && entry.getKey().length() == length
                        && entry.getKey().depth().equals(depth))
                .mapToDouble(Map.Entry::getValue)
                .findFirst()
                .orElseThrow();
    }

    private static String name(Depth depth) {
        return switch (depth) {
            case Depth.Random _ -> "anywhere";
            case Depth.At(double fraction) -> "depth %.0f %%".formatted(100 * fraction);
        };
    }

    private List<Integer> lengths() {
        return scores.answers().stream()
                .map(answer -> answer.cell().length())
                .distinct()
                .toList();
    }

    /** Writes {@value #JSON}, and a heat map of each task as PNG and SVG, into a folder, all or none of them. */
    public void write(Path folder) {
        try (FolderTransaction transaction = FolderTransaction.begin(folder)) {
            for (String task : scores.byTask().keySet()) {
                HeatMap map = heatMap(task);
                transaction.write(task + ".png", map.png());
                transaction.write(task + ".svg", map.svg());
            }
            transaction.write(JSON, (Json.print(scores.json()) + "\n").getBytes(StandardCharsets.UTF_8));
            transaction.commit();
        }
    }
}
