package carve.app.suite;

import carve.api.config.Json;
import carve.api.config.JsonException;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * SEED-Bench (Li et al. 2023, arXiv:2307.16125): the accuracy of each dimension and of all questions. The usual split is {@code
 * image}, dimensions 1 to 9, which papers call SEED or SEED-I; {@code video} is asked with one frame of each video, {@code all}
 * has both. Letters are inferred as VLMEvalKit does, see {@link Letters}; an answer of one letter is what LLaVA's program asks.
 */
final class Seed implements Suite {
    private static final String USUAL = "image";
    private static final List<String> CHOICES = List.of("choice_a", "choice_b", "choice_c", "choice_d");

    @Override
    public String name() {
        return "seed";
    }

    @Override
    public String files() {
        return "SEED-Bench.json, or SEEDBench_IMG.tsv; split image, video, all; pictures: SEED-Bench-image, SEED-Bench-video-image";
    }

    @Override
    public List<Item> read(Source source) {
        if (source.isTable()) {
            return table(source);
        }
        Path file = source.file("SEED-Bench.json");
        String split = source.split().isEmpty() ? USUAL : source.split();
        try {
            JsonObject all = Source.object(file);
            Map<Integer, String> dimensions = new HashMap<>();
            JsonObject types = all.object("question_type");
            types.keys().forEach(name -> dimensions.put(types.integer(name), name));
            List<Item> items = new ArrayList<>();
            for (JsonObject question : Source.objects(file.getFileName() + ": questions", all.array("questions"))) {
                if (split.equals("all") || split.equals(question.string("data_type"))) {
                    items.add(item(question, dimensions, source));
                }
            }
            return items;
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    private static Item item(JsonObject question, Map<Integer, String> dimensions, Source source) {
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
        Media picture = video
                ? source.image(
                        place,
                        "SEED-Bench-video-image/%s.png".formatted(id),
                        "%s.png".formatted(id),
                        "SEED-Bench-video-image/%s.png".formatted(data),
                        "SEED-Bench-video-image/%s.jpg".formatted(id))
                : source.image(
                        place, data, "SEED-Bench-image/" + data, data + ".jpg", "SEED-Bench-image/" + data + ".jpg");
        return new Item(
                id,
                place,
                question.string("question"),
                "",
                CHOICES.stream().map(question::string).toList(),
                List.of(picture),
                List.of(answer),
                Map.of("dimension", dimensions.get(type), "order", "%03d".formatted(type)));
    }

    private static List<Item> table(Source source) {
        Tsv table = new Tsv(source.data(), "question", "A", "B", "C", "D", "answer", "category");
        List<Item> items = new ArrayList<>();
        for (Tsv.Row row : table.rows()) {
            items.add(new Item(
                    row.required("index"),
                    row.place(),
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
    public Scores score(List<Answered> answers) {
        Tally tally = new Tally();
        Map<String, List<Answered>> dimensions = new TreeMap<>();
        for (Answered answered : answers) {
            tally.add("all", right(answered));
            Item item = answered.item();
            dimensions
                    .computeIfAbsent(item.fact("order") + " " + item.fact("dimension"), _ -> new ArrayList<>())
                    .add(answered);
        }
        dimensions
                .values()
                .forEach(group ->
                        group.forEach(answered -> tally.add(answered.item().fact("dimension"), right(answered))));
        return new Scores(List.of("accuracy"), tally.rows(), List.of());
    }

    private static boolean right(Answered answered) {
        return Letters.of(answered.text(), answered.item().choices())
                .equals(answered.item().answer());
    }

    /** Returns the file that the leaderboard takes. */
    @Override
    public Map<String, String> official(List<Answered> answers) {
        StringBuilder lines = new StringBuilder();
        for (Answered answered : answers) {
            lines.append(JsonObject.empty()
                            .with("question_id", answered.item().id())
                            .with(
                                    "prediction",
                                    Letters.of(answered.text(), answered.item().choices())))
                    .append('\n');
        }
        return Map.of("seed_predictions.jsonl", lines.toString());
    }
}
