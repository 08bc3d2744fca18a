package carve.runtime.eval.suite;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
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
    public String acceptedFiles() {
        return "testdev_balanced_questions.json, or GQA_TestDev_Balanced.tsv; pictures: images";
    }

    @Override
    public List<Question> read(SuiteData suiteData) {
        if (suiteData.isTable()) {
            return table(suiteData);
        }
        Path file = suiteData.file("testdev_balanced_questions.json");
        List<Question> items = new ArrayList<>();
        for (Map.Entry<String, JsonValue> entry :
                SuiteData.object(file).members().entrySet()) {
            String place = "%s: question %s".formatted(file.getFileName(), entry.getKey());
            JsonObject question = SuiteData.object(place, entry.getValue());
            try {
                JsonObject types = question.optionalObject("types").orElse(JsonObject.empty());
                items.add(Question.openEnded(
                        entry.getKey(),
                        place,
                        question.string("question"),
                        suiteData.image(place, question.string("imageId") + ".jpg"),
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

    private static List<Question> table(SuiteData suiteData) {
        TsvTable table = new TsvTable(suiteData.data(), "question", "answer");
        List<Question> items = new ArrayList<>();
        for (TsvTable.Row row : table.rows()) {
            items.add(Question.openEnded(
                    row.required("index"),
                    row.location(),
                    row.required("question"),
                    table.image(row),
                    List.of(row.required("answer")),
                    row.attributes("structural", "semantic")));
        }
        return items;
    }

    /** Returns an answer as LLaVA's {@code convert_gqa_for_eval.py} hands it to the authors' program. */
    static String prediction(String answer) {
        return answer.strip().replaceFirst("\\.+$", "").toLowerCase(Locale.ROOT);
    }

    @Override
    public SuiteScores score(List<Prediction> answers) {
        GroupMeans all = new GroupMeans();
        Map<String, List<Boolean>> types = new TreeMap<>();
        for (Prediction answered : answers) {
            Question item = answered.question();
            boolean right = prediction(answered.text()).equals(item.answer());
            String structure = item.attribute("structural");
            all.add("all", right).add(structure.isEmpty() ? "" : structure.equals("query") ? "open" : "binary", right);
            for (String kind : List.of("structural", "semantic")) {
                if (!item.attribute(kind).isEmpty()) {
                    types.computeIfAbsent(kind + ": " + item.attribute(kind), _ -> new ArrayList<>())
                            .add(right);
                }
            }
        }
        types.forEach((type, hits) -> hits.forEach(hit -> all.add(type, hit)));
        return new SuiteScores(List.of("accuracy"), all.rows(), List.of());
    }

    /** Returns the file that the authors' {@code eval.py} reads. */
    @Override
    public Map<String, String> submissionFiles(List<Prediction> answers) {
        List<JsonValue> items = new ArrayList<>();
        answers.forEach(answered -> items.add(JsonObject.empty()
                .with("questionId", answered.question().id())
                .with("prediction", prediction(answered.text()))));
        return Map.of("testdev_balanced_predictions.json", Json.print(new JsonArray(items)) + "\n");
    }
}
