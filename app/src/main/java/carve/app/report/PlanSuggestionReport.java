package carve.app.report;

import carve.runtime.plan.PlanSuggester.LayerScore;
import carve.runtime.plan.PlanSuggester.Suggestion;
import java.util.List;
import java.util.Locale;

/** A table of the measurements behind a suggested plan, with an explanation. */
public final class PlanSuggestionReport {
    private PlanSuggestionReport() {}

    /** Returns the table: a row for each layer. */
    public static TextTable table(Suggestion suggestion) {
        TextTable table = new TextTable(
                "LAYER", "LABEL", "RANK", "KL DIVERGENCE", "INITIALISED ONLY", "LOSS INCREASE", "RELATIVE ERROR", "");
        int index = 0;
        for (LayerScore layer : suggestion.layers()) {
            table.row(
                    index++,
                    layer.label(),
                    layer.rank(),
                    decimal(layer.aligned().klDivergence()),
                    decimal(layer.initialised().klDivergence()),
                    String.format(Locale.ROOT, "%+.4f", layer.aligned().lossIncrease()),
                    decimal(layer.aligned().relativeError()),
                    layer.kept() ? "keep" : "");
        }
        return table;
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.5f", value);
    }

    /** Returns the explanation, line by line. */
    public static List<String> remarks(Suggestion suggestion) {
        long kept = suggestion.layers().stream().filter(LayerScore::kept).count();
        return List.of(
                "%d of %d layers keep their attention: those whose replacement changes the predictions most."
                        .formatted(kept, suggestion.layers().size()),
                "",
                "Each layer alone was replaced, after %d steps of alignment, and measured on %d samples%s."
                        .formatted(
                                suggestion.steps(),
                                suggestion.samples(),
                                suggestion.measuredOnTrainingData()
                                        ? ", some of which were used for the alignment"
                                        : " that were not used for the alignment"),
                "KL divergence: from the teacher's predictions, in nats per token; initialised only: before the alignment;",
                "loss increase: of the cross-entropy of answers; relative error: of the layer's output, relative to its change.");
    }
}
