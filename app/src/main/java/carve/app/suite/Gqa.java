package carve.app.suite;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonException;
import carve.api.config.JsonObject;
import carve.api.config.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * GQA (Hudson and Manning 2019, arXiv:1902.09506): an answer is right if it equals the only right one, but for letter case and
 * dots at the end. A question is open if its structure is a query, and binary otherwise, as in the authors' {@code eval.py}.
 */
final class Gqa implements Suite {
    @Override
    public String name() {
        return "gqa";
    }

    @Override
    public String files() {
        return "testdev_balanced_questions.json, or GQA_TestDev_Balanced.tsv; pictures: images";
    }

    @Override
    public List<Item> read(Source source) {
        if (source.isTable()) {
            return table(source);
        }
        Path file = source.file("testdev_balanced_questions.json");
        List<Item> items = new ArrayList<>();
        for (Map.Entry<String, JsonValue> entry : Source.object(file).members().entrySet()) {
            String place = "%s: question %s".formatted(file.getFileName(), entry.getKey());
            JsonObject question = Source.object(place, entry.getValue());
            try {
                JsonObject types = question.optionalObject("types").orElse(JsonObject.empty());
                items.add(Item.open(
                        entry.getKey(),
                        place,
                        question.string("question"),
                        source.image(place, question.string("imageId") + ".jpg"),
                        List.of(question.string("answer")),
                        Map.of(
                                "structural", types.optionalString("structural").orElse(""),
                                "semantic", types.optionalString("semantic").orElse(""))));
            } catch (JsonException e) {
                throw new SuiteException(e.getMessage(), e);
            }
        }
        return items;
    }

    private static List<Item> table(Source source) {
        Tsv table = new Tsv(source.data(), "question", "answer");
        List<Item> items = new ArrayList<>();
        for (Tsv.Row row : table.rows()) {
            items.add(Item.open(
                    row.required("index"),
                    row.place(),
                    row.required("question"),
                    table.image(row),
                    List.of(row.required("answer")),
                    row.facts("structural", "semantic")));
        }
        return items;
    }

    /** Returns an answer as LLaVA's {@code convert_gqa_for_eval.py} hands it to the authors' program. */
    static String prediction(String answer) {
        return answer.strip().replaceFirst("\\.+$", "").toLowerCase(Locale.ROOT);
    }

    @Override
    public Scores score(List<Answered> answers) {
        Tally all = new Tally();
        Map<String, List<Boolean>> types = new TreeMap<>();
        for (Answered answered : answers) {
            Item item = answered.item();
            boolean right = prediction(answered.text()).equals(item.answer());
            String structure = item.fact("structural");
            all.add("all", right).add(structure.isEmpty() ? "" : structure.equals("query") ? "open" : "binary", right);
            for (String kind : List.of("structural", "semantic")) {
                if (!item.fact(kind).isEmpty()) {
                    types.computeIfAbsent(kind + ": " + item.fact(kind), _ -> new ArrayList<>())
                            .add(right);
                }
            }
        }
        types.forEach((type, hits) -> hits.forEach(hit -> all.add(type, hit)));
        return new Scores(List.of("accuracy"), all.rows(), List.of());
    }

    /** Returns the file that the authors' {@code eval.py} reads. */
    @Override
    public Map<String, String> official(List<Answered> answers) {
        List<JsonValue> items = new ArrayList<>();
        answers.forEach(answered -> items.add(JsonObject.empty()
                .with("questionId", answered.item().id())
                .with("prediction", prediction(answered.text()))));
        return Map.of("testdev_balanced_predictions.json", Json.print(new JsonArray(items)) + "\n");
    }
}
