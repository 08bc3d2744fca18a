package carve.bench.ablation;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.List;
import java.util.Optional;

/**
 * The ablations of a paper.
 *
 * @param name of the paper
 * @param source where its figures are from
 * @param report the name of our own run
 * @param columns what the paper's figures are
 * @param tables the ablations
 */
record Paper(String name, String source, String report, List<String> columns, List<Table> tables) {
    /** One ablation. */
    record Table(String title, Optional<String> note, List<Row> rows) {}

    /** A variant, which student of ours it is, and the paper's figures, as printed; empty where there are none. */
    record Row(String variant, String student, List<String> values) {}

    static List<Paper> read(JsonObject json) {
        return objects(json.array("papers")).stream()
                .map(paper -> new Paper(
                        paper.string("name"),
                        paper.string("source"),
                        paper.string("report"),
                        paper.strings("columns"),
                        objects(paper.array("tables")).stream()
                                .map(Paper::table)
                                .toList()))
                .toList();
    }

    private static Table table(JsonObject json) {
        return new Table(
                json.string("title"),
                json.optionalString("note"),
                objects(json.array("rows")).stream()
                        .map(row -> new Row(row.string("variant"), row.string("student"), row.strings("paper")))
                        .toList());
    }

    static List<JsonObject> objects(JsonArray array) {
        List<JsonValue> items = array.items();
        return items.stream().map(JsonObject.class::cast).toList();
    }
}
