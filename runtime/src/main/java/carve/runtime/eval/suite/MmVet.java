package carve.runtime.eval.suite;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * MM-Vet (Yu et al. 2023, arXiv:2308.02490). Its scores are given by GPT-4, which nothing here stands in for: answers are
 * written in the form that the authors' {@code mm-vet_evaluator.py} reads, and the grades that it writes are added up here as
 * it does: per capability, per set of capabilities that a question needs, and in all.
 */
final class MmVet implements Suite {
    static final String FILE = "mm-vet_answers.json";

    @Override
    public String name() {
        return "mm-vet";
    }

    @Override
    public String acceptedFiles() {
        return "the folder of mm-vet.json and images, or MMVet.tsv; --grades has what the authors' evaluator wrote";
    }

    @Override
    public List<Question> read(SuiteData suiteData) {
        if (suiteData.isTable()) {
            return table(suiteData);
        }
        Path file = suiteData.file("mm-vet.json");
        List<Question> items = new ArrayList<>();
        for (Map.Entry<String, JsonValue> entry :
                SuiteData.object(file).members().entrySet()) {
            String place = "%s: %s".formatted(file.getFileName(), entry.getKey());
            JsonObject question = SuiteData.object(place, entry.getValue());
            try {
                items.add(Question.openEnded(
                        entry.getKey(),
                        place,
                        question.string("question"),
                        suiteData.image(place, question.string("imagename")),
                        List.of(question.string("answer")),
                        Map.of("capability", String.join(",", question.strings("capability")))));
            } catch (JsonException e) {
                throw new SuiteException(e.getMessage(), e);
            }
        }
        return items;
    }

    private static List<Question> table(SuiteData suiteData) {
        TsvTable table = new TsvTable(suiteData.data(), "question", "answer", "category");
        List<Question> items = new ArrayList<>();
        for (TsvTable.Row row : table.rows()) {
            String index = row.required("index");
            items.add(Question.openEnded(
                    index.startsWith("v1_") ? index : "v1_" + index,
                    row.location(),
                    row.required("question"),
                    table.image(row),
                    List.of(row.required("answer")),
                    Map.of("capability", row.required("category"))));
        }
        return items;
    }

    @Override
    public SuiteScores score(List<Prediction> answers) {
        return new SuiteScores(
                List.of("score"),
                List.of(new SuiteScores.Row("all", List.of(Double.NaN), answers.size())),
                List.of(
                        ("MM-Vet is scored by GPT-4: give %s (--official DIR writes it) to the authors' mm-vet_evaluator.py,"
                                        + " and what it writes to --grades")
                                .formatted(FILE)));
    }

    /**
     * Returns the scores that a file of grades gives.
     *
     * @param grades {@code {"v1_0": {"score": [0.5, ...], ...}, ...}}, several scores where GPT-4 graded several times
     * @throws SuiteException if a question of the suite has no grade
     */
    SuiteScores score(List<Question> items, Path grades) {
        JsonObject all = SuiteData.object(grades);
        GroupMeans total = new GroupMeans();
        Map<String, List<Double>> single = new TreeMap<>();
        Map<String, List<Double>> sets = new TreeMap<>();
        for (Question item : items) {
            double grade = grade(all, item, grades);
            total.add("all", grade);
            TreeSet<String> needed =
                    new TreeSet<>(List.of(item.attribute("capability").split("\\s*,\\s*")));
            needed.forEach(capability ->
                    single.computeIfAbsent(capability, _ -> new ArrayList<>()).add(grade));
            sets.computeIfAbsent("set: " + String.join(" + ", needed), _ -> new ArrayList<>())
                    .add(grade);
        }
        single.forEach((name, points) -> points.forEach(point -> total.add(name, point)));
        sets.forEach((name, points) -> points.forEach(point -> total.add(name, point)));
        return new SuiteScores(List.of("score"), total.rows(), List.of());
    }

    private static double grade(JsonObject all, Question item, Path grades) {
        try {
            List<JsonValue> runs = all.object(item.id()).array("score").items();
            double sum = 0;
            for (JsonValue run : runs) {
                double points = run instanceof JsonNumber number ? number.real() : Double.NaN;
                if (!(points >= 0 && points <= 1)) {
                    throw new SuiteException("%s: %s: a score must be from 0 to 1, is %s"
                            .formatted(grades.getFileName(), item.id(), run.describe()));
                }
                sum += points;
            }
            if (runs.isEmpty()) {
                throw new SuiteException("%s: %s: has no score".formatted(grades.getFileName(), item.id()));
            }
            return sum / runs.size();
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    /** Returns the file that the authors' evaluator reads: answers by question. */
    @Override
    public Map<String, String> submissionFiles(List<Prediction> answers) {
        Map<String, JsonValue> results = new LinkedHashMap<>();
        answers.forEach(prediction -> results.put(prediction.question().id(), new JsonString(prediction.text())));
        return Map.of(FILE, Json.print(JsonObject.of(results)) + "\n");
    }
}
