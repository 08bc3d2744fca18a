package carve.app.demo;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.app.report.HumanReadable;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * The results of the demo, as text and as JSON.
 *
 * @param rows the models, the teacher first
 * @param comparisonTasks what they were asked
 */
record DemoReport(List<ComparedModel> rows, ComparedModel.ComparisonTasks comparisonTasks) {
    /** Shows the table, and the answers to the question of all. */
    void show(Terminal terminal) {
        List<String> header = new ArrayList<>(List.of(""));
        rows.forEach(row -> header.add(row.name().toUpperCase(Locale.ROOT)));
        TextTable textTable = new TextTable(header.toArray(String[]::new));
        for (String kind : rows.getFirst().result().byCategory().keySet()) {
            line(
                    textTable,
                    kind,
                    rows,
                    row -> HumanReadable.percent(
                            row.result().byCategory().get(kind).accuracy()));
        }
        double teacher = Math.max(1e-9, rows.getFirst().accuracy());
        line(textTable, "all questions", rows, row -> HumanReadable.percent(row.accuracy()));
        line(textTable, "of the teacher's", rows, row -> HumanReadable.percent(row.accuracy() / teacher));
        for (int i = 0; i < comparisonTasks.turns(); i++) {
            int turn = i;
            line(
                    textTable,
                    "turn " + (turn + 1),
                    rows,
                    row -> HumanReadable.percent(
                            row.turnResults().get(turn).overall().accuracy()));
        }
        line(textTable, "parameters", rows, row -> HumanReadable.count(row.parameters()));
        for (int i = 0; i < ComparedModel.CONTEXT_LENGTHS.size(); i++) {
            int index = i;
            line(
                    textTable,
                    "cache at %dK".formatted(ComparedModel.CONTEXT_LENGTHS.get(i) / 1024),
                    rows,
                    row -> HumanReadable.bytes(row.stateBytes().get(index)));
        }
        line(
                textTable,
                "tokens/s at " + HumanReadable.count(comparisonTasks.shortContext()),
                rows,
                row -> "%.0f".formatted(row.shortContextRate()));
        line(
                textTable,
                "tokens/s at " + HumanReadable.count(comparisonTasks.longContext()),
                rows,
                row -> "%.0f".formatted(row.longContextRate()));
        terminal.println("");
        textTable.print(terminal);
        for (int i = 0; i < comparisonTasks.conversation().size(); i++) {
            int turn = i;
            String where = i == 0 ? comparisonTasks.image().toString() : "and then";
            terminal.println(
                    "%n%s  %s".formatted(where, comparisonTasks.conversation().get(i)));
            rows.forEach(row -> terminal.println(
                    "  %-13s %s".formatted(row.name(), row.answers().get(turn))));
        }
    }

    private static void line(
            TextTable textTable, String name, List<ComparedModel> rows, Function<ComparedModel, String> cell) {
        List<Object> cells = new ArrayList<>(List.of(name));
        rows.forEach(row -> cells.add(cell.apply(row)));
        textTable.row(cells.toArray());
    }

    /** Returns the figures for programs. */
    JsonObject json() {
        List<JsonValue> models = new ArrayList<>();
        for (ComparedModel row : rows) {
            JsonObject state = JsonObject.empty();
            for (int i = 0; i < ComparedModel.CONTEXT_LENGTHS.size(); i++) {
                state = state.with(
                        ComparedModel.CONTEXT_LENGTHS.get(i).toString(),
                        row.stateBytes().get(i));
            }
            models.add(JsonObject.empty()
                    .with("name", row.name())
                    .with("parameters", row.parameters())
                    .with("state_bytes", state)
                    .with(
                            "tokens_per_second",
                            JsonObject.empty()
                                    .with(Integer.toString(comparisonTasks.shortContext()), row.shortContextRate())
                                    .with(Integer.toString(comparisonTasks.longContext()), row.longContextRate()))
                    .with("answer", row.answers().getFirst())
                    .with(
                            "said",
                            JsonArray.of(
                                    row.answers().stream().map(JsonString::new).toArray(JsonValue[]::new)))
                    .with("evaluation", row.result().json().without("answers"))
                    .with("turns", turns(row)));
        }
        return JsonObject.empty().with("models", new JsonArray(models));
    }

    private static JsonArray turns(ComparedModel row) {
        List<JsonValue> turns = new ArrayList<>();
        row.turnResults().forEach(turn -> turns.add(turn.json().without("answers")));
        return new JsonArray(turns);
    }
}
