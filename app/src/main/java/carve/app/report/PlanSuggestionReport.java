package carve.app.report;

import carve.runtime.plan.Suggestion;
import carve.runtime.plan.Suggestion.HeadScore;
import carve.runtime.plan.Suggestion.LayerScore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** A table of the measurements behind a suggested plan, with an explanation. */
public final class PlanSuggestionReport {
    private static final int HEADS = 10;

    private PlanSuggestionReport() {}

    /** Returns the table: a row for each layer. */
    public static TextTable table(Suggestion suggestion) {
        List<String> figures = suggestion.layers().stream()
                .flatMap(layer -> layer.figures().keySet().stream())
                .distinct()
                .toList();
        List<String> header = new ArrayList<>(List.of("LAYER", "LABEL", "RANK", "SCORE"));
        figures.forEach(figure -> header.add(figure.toUpperCase(Locale.ROOT)));
        header.add("");
        TextTable table = new TextTable(header.toArray(new String[0]));
        for (int i = 0; i < suggestion.layers().size(); i++) {
            LayerScore layer = suggestion.layers().get(i);
            List<Object> row = new ArrayList<>(List.of(i, layer.label(), layer.rank(), decimal(layer.score())));
            figures.forEach(figure -> row.add(decimal(layer.figures().get(figure))));
            row.add(layer.kept() ? "keep" : "");
            table.row(row.toArray());
        }
        return table;
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.5f", value);
    }

    /** Returns the explanation, line by line. */
    public static List<String> remarks(Suggestion suggestion) {
        long kept = suggestion.layers().stream().filter(LayerScore::kept).count();
        List<String> lines = new ArrayList<>(List.of(
                "%d of %d layers keep their attention: those with the greatest score by %s."
                        .formatted(
                                kept,
                                suggestion.layers().size(),
                                suggestion.method().word()),
                ""));
        lines.addAll(suggestion.remarks());
        if (!suggestion.heads().isEmpty()) {
            lines.add("Heads whose absence changes the predictions most: " + heads(suggestion) + ".");
        }
        return lines;
    }

    private static String heads(Suggestion suggestion) {
        return String.join(
                ", ",
                suggestion.heads().stream()
                        .sorted(Comparator.comparingDouble((HeadScore head) -> -head.score()))
                        .limit(HEADS)
                        .map(head -> "%d.%d (%s)".formatted(head.layer(), head.head(), decimal(head.score())))
                        .toList());
    }
}
