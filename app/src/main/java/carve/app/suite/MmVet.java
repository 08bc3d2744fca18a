package carve.app.suite;

import carve.api.config.Json;
import carve.api.config.JsonException;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
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
    public String files() {
        return "the folder of mm-vet.json and images, or MMVet.tsv; --grades has what the authors' evaluator wrote";
    }

    @Override
    public List<Item> read(Source source) {
        if (source.isTable()) {
            return table(source);
        }
        Path file = source.file("mm-vet.json");
        List<Item> items = new ArrayList<>();
        for (Map.Entry<String, JsonValue> entry : Source.object(file).members().entrySet()) {
            String place = "%s: %s".formatted(file.getFileName(), entry.getKey());
            JsonObject question = Source.object(place, entry.getValue());
            try {
                items.add(Item.open(
                        entry.getKey(),
                        place,
                        question.string("question"),
                        source.image(place, question.string("imagename")),
                        List.of(question.string("answer")),
                        Map.of("capability", String.join(",", question.strings("capability")))));
            } catch (JsonException e) {
                throw new SuiteException(e.getMessage(), e);
            }
        }
        return items;
    }

    private static List<Item> table(Source source) {
        Tsv table = new Tsv(source.data(), "question", "answer", "category");
        List<Item> items = new ArrayList<>();
        for (Tsv.Row row : table.rows()) {
            String index = row.required("index");
            items.add(Item.open(
                    index.startsWith("v1_") ? index : "v1_" + index,
                    row.place(),
                    row.required("question"),
                    table.image(row),
                    List.of(row.required("answer")),
                    Map.of("capability", row.required("category"))));
        }
        return items;
    }

    @Override
    public Scores score(List<Answered> answers) {
        return new Scores(
                List.of("score"),
                List.of(new Scores.Row("all", List.of(Double.NaN), answers.size())),
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
    Scores score(List<Item> items, Path grades) {
        JsonObject all = Source.object(grades);
        Tally total = new Tally();
        Map<String, List<Double>> single = new TreeMap<>();
        Map<String, List<Double>> sets = new TreeMap<>();
        for (Item item : items) {
            double grade = grade(all, item, grades);
            total.add("all", grade);
            TreeSet<String> needed =
                    new TreeSet<>(List.of(item.fact("capability").split("\\s*,\\s*")));
            needed.forEach(capability ->
                    single.computeIfAbsent(capability, _ -> new ArrayList<>()).add(grade));
            sets.computeIfAbsent("set: " + String.join(" + ", needed), _ -> new ArrayList<>())
                    .add(grade);
        }
        single.forEach((name, points) -> points.forEach(point -> total.add(name, point)));
        sets.forEach((name, points) -> points.forEach(point -> total.add(name, point)));
        return new Scores(List.of("score"), total.rows(), List.of());
    }

    private static double grade(JsonObject all, Item item, Path grades) {
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
    public Map<String, String> official(List<Answered> answers) {
        Map<String, JsonValue> results = new LinkedHashMap<>();
        answers.forEach(answered -> results.put(answered.item().id(), new JsonString(answered.text())));
        return Map.of(FILE, Json.print(JsonObject.of(results)) + "\n");
    }
}
