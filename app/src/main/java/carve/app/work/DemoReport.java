package carve.app.work;

import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import carve.app.terminal.Amounts;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * What the demo found, for people and for programs.
 *
 * @param rows the models, the teacher first
 * @param tasks what they were asked
 */
record DemoReport(List<Contender> rows, Contender.Tasks tasks) {
    /** Shows the table, and the answers to the question of all. */
    void show(Terminal terminal) {
        List<String> header = new ArrayList<>(List.of(""));
        rows.forEach(row -> header.add(row.name().toUpperCase(Locale.ROOT)));
        Table table = new Table(header.toArray(String[]::new));
        for (String kind : rows.getFirst().result().kinds().keySet()) {
            line(
                    table,
                    kind,
                    rows,
                    row -> Amounts.percent(row.result().kinds().get(kind).accuracy()));
        }
        double teacher = Math.max(1e-9, rows.getFirst().accuracy());
        line(table, "all questions", rows, row -> Amounts.percent(row.accuracy()));
        line(table, "of the teacher's", rows, row -> Amounts.percent(row.accuracy() / teacher));
        for (int i = 0; i < tasks.turns(); i++) {
            int turn = i;
            line(
                    table,
                    "turn " + (turn + 1),
                    rows,
                    row -> Amounts.percent(row.turns().get(turn).all().accuracy()));
        }
        line(table, "parameters", rows, row -> Amounts.count(row.parameters()));
        for (int i = 0; i < Contender.LENGTHS.size(); i++) {
            int index = i;
            line(
                    table,
                    "cache at %dK".formatted(Contender.LENGTHS.get(i) / 1024),
                    rows,
                    row -> Amounts.bytes(row.state().get(index)));
        }
        line(table, "tokens/s at " + Amounts.count(tasks.atShort()), rows, row -> "%.0f".formatted(row.atShort()));
        line(table, "tokens/s at " + Amounts.count(tasks.atLong()), rows, row -> "%.0f".formatted(row.atLong()));
        terminal.println("");
        table.print(terminal);
        for (int i = 0; i < tasks.asked().size(); i++) {
            int turn = i;
            String where = i == 0 ? tasks.image().toString() : "and then";
            terminal.println("%n%s  %s".formatted(where, tasks.asked().get(i)));
            rows.forEach(row -> terminal.println(
                    "  %-13s %s".formatted(row.name(), row.said().get(turn))));
        }
    }

    private static void line(Table table, String name, List<Contender> rows, Function<Contender, String> cell) {
        List<Object> cells = new ArrayList<>(List.of(name));
        rows.forEach(row -> cells.add(cell.apply(row)));
        table.row(cells.toArray());
    }

    /** Returns the figures for programs. */
    JsonObject json() {
        List<JsonValue> models = new ArrayList<>();
        for (Contender row : rows) {
            JsonObject state = JsonObject.empty();
            for (int i = 0; i < Contender.LENGTHS.size(); i++) {
                state = state.with(
                        Contender.LENGTHS.get(i).toString(), row.state().get(i));
            }
            models.add(JsonObject.empty()
                    .with("name", row.name())
                    .with("parameters", row.parameters())
                    .with("state_bytes", state)
                    .with(
                            "tokens_per_second",
                            JsonObject.empty()
                                    .with(Integer.toString(tasks.atShort()), row.atShort())
                                    .with(Integer.toString(tasks.atLong()), row.atLong()))
                    .with("answer", row.said().getFirst())
                    .with(
                            "said",
                            JsonArray.of(
                                    row.said().stream().map(JsonString::new).toArray(JsonValue[]::new)))
                    .with("evaluation", row.result().json().without("answers"))
                    .with("turns", turns(row)));
        }
        return JsonObject.empty().with("models", new JsonArray(models));
    }

    private static JsonArray turns(Contender row) {
        List<JsonValue> turns = new ArrayList<>();
        row.turns().forEach(turn -> turns.add(turn.json().without("answers")));
        return new JsonArray(turns);
    }
}
