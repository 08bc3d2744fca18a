package carve.runtime.eval.suite;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * SEED-Bench (Li et al. 2023, arXiv:2307.16125): the accuracy of each dimension and of all questions. The usual split is {@code
 * image}, dimensions 1 to 9, which papers call SEED or SEED-I; {@code video} is asked with one frame of each video, {@code all}
 * has both. Letters are inferred as VLMEvalKit does, see {@link ChoiceExtractor}; an answer of one letter is what LLaVA's program asks.
 */
final class SeedBench implements Suite {
    private static final String USUAL = "image";
    private static final List<String> CHOICES = List.of("choice_a", "choice_b", "choice_c", "choice_d");

    @Override
    public String name() {
        return "seed";
    }

    @Override
    public String acceptedFiles() {
        return "SEED-Bench.json, or SEEDBench_IMG.tsv; split image, video, all; pictures: SEED-Bench-image, SEED-Bench-video-image";
    }

    @Override
    public List<Question> read(SuiteData suiteData) {
        if (suiteData.isTable()) {
            return table(suiteData);
        }
        Path file = suiteData.file("SEED-Bench.json");
        String split = suiteData.split().isEmpty() ? USUAL : suiteData.split();
        try {
            JsonObject all = SuiteData.object(file);
            Map<Integer, String> dimensions = new HashMap<>();
            JsonObject types = all.object("question_type");
            types.keys().forEach(name -> dimensions.put(types.integer(name), name));
            List<Question> items = new ArrayList<>();
            for (JsonObject question : SuiteData.objects(file.getFileName() + ": questions", all.array("questions"))) {
                if (split.equals("all") || split.equals(question.string("data_type"))) {
                    items.add(item(question, dimensions, suiteData));
                }
            }
            return items;
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    private static Question item(JsonObject question, Map<Integer, String> dimensions, SuiteData suiteData) {
        JsonValue number = question.value("question_id").orElseThrow(() -> question.error("question_id", "is missing"));
        String id = number instanceof JsonString text ? text.text() : Json.compact(number);
        String place = "%s: question %s".formatted(question.origin(), id);
        int type = question.integer("question_type_id");
        String answer = question.string("answer");
        if (!dimensions.containsKey(type) || !answer.matches("[A-D]")) {
            throw new SuiteException("%s: question type %d must be one of %s, and answer '%s' one of A, B, C, D"
                    .formatted(place, type, dimensions, answer));
        }
        String data = question.string("data_id");
        boolean video = question.string("data_type").equals("video");
        PictureSource picture = video
                ? suiteData.image(
                        place,
                        "SEED-Bench-video-image/%s.png".formatted(id),
                        "%s.png".formatted(id),
                        "SEED-Bench-video-image/%s.png".formatted(data),
                        "SEED-Bench-video-image/%s.jpg".formatted(id))
                : suiteData.image(
                        place, data, "SEED-Bench-image/" + data, data + ".jpg", "SEED-Bench-image/" + data + ".jpg");
        return new Question(
                id,
                place,
                question.string("question"),
                "",
                CHOICES.stream().map(question::string).toList(),
                List.of(picture),
                List.of(answer),
                Map.of("dimension", dimensions.get(type), "order", "%03d".formatted(type)));
    }

    private static List<Question> table(SuiteData suiteData) {
        TsvTable table = new TsvTable(suiteData.data(), "question", "A", "B", "C", "D", "answer", "category");
        List<Question> items = new ArrayList<>();
        for (TsvTable.Row row : table.rows()) {
            items.add(new Question(
                    row.required("index"),
                    row.location(),
                    row.required("question"),
                    "",
                    row.choices(),
                    List.of(table.image(row)),
                    List.of(row.required("answer")),
                    Map.of("dimension", row.required("category"), "order", "")));
        }
        return items;
    }

    @Override
    public SuiteScores score(List<Prediction> answers) {
        GroupMeans groupMeans = new GroupMeans();
        Map<String, List<Prediction>> dimensions = new TreeMap<>();
        for (Prediction answered : answers) {
            groupMeans.add("all", right(answered));
            Question item = answered.question();
            dimensions
                    .computeIfAbsent(
                            item.attribute("order") + " " + item.attribute("dimension"), _ -> new ArrayList<>())
                    .add(answered);
        }
        dimensions
                .values()
                .forEach(group -> group.forEach(
                        answered -> groupMeans.add(answered.question().attribute("dimension"), right(answered))));
        return new SuiteScores(List.of("accuracy"), groupMeans.rows(), List.of());
    }

    private static boolean right(Prediction answered) {
        return ChoiceExtractor.extract(answered.text(), answered.question().choices())
                .equals(answered.question().answer());
    }

    /** Returns the file that the leaderboard takes. */
    @Override
    public Map<String, String> submissionFiles(List<Prediction> answers) {
        StringBuilder lines = new StringBuilder();
        for (Prediction answered : answers) {
            lines.append(JsonObject.empty()
                            .with("question_id", answered.question().id())
                            .with(
                                    "prediction",
                                    ChoiceExtractor.extract(
                                            answered.text(), answered.question().choices())))
                    .append('\n');
        }
        return Map.of("seed_predictions.jsonl", lines.toString());
    }
}
