package carve.app.suite;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonException;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * TextVQA (Singh et al. 2019, arXiv:1904.08920) with the VQA accuracy of its challenge: ten people answered each question, and
 * an answer is worth the mean over these ten of {@code min(1, n / 3)}, where n counts the other nine who said the same.
 * Answers are compared in the form of {@link AnswerWords}. OCR tokens are not shown.
 */
final class TextVqa implements Suite {
    private static final int PEOPLE = 10;
    private static final double ENOUGH = 3;

    @Override
    public String name() {
        return "textvqa";
    }

    @Override
    public String files() {
        return "TextVQA_0.5.1_val.json, or TextVQA_VAL.tsv; pictures: train_images";
    }

    @Override
    public List<Item> read(Source source) {
        if (source.isTable()) {
            return table(source);
        }
        Path file = source.file("TextVQA_0.5.1_val.json");
        try {
            List<Item> items = new ArrayList<>();
            for (JsonObject question : Source.objects(
                    file.getFileName() + ": data", Source.object(file).array("data"))) {
                String id = text(question, "question_id");
                String place = "%s: question %s".formatted(file.getFileName(), id);
                String image = question.string("image_id");
                items.add(Item.open(
                        id,
                        place,
                        question.string("question"),
                        source.image(
                                place,
                                image + ".jpg",
                                "train_images/" + image + ".jpg",
                                "train_val_images/train_images/" + image + ".jpg"),
                        ten(place, question.strings("answers")),
                        Map.of()));
            }
            return items;
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    private static String text(JsonObject question, String key) {
        JsonValue value = question.value(key).orElse(new JsonString(""));
        return value instanceof JsonString string ? string.text() : Json.compact(value);
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
                    ten(row.place(), PythonList.of(row.required("answer"), row.place())),
                    Map.of()));
        }
        return items;
    }

    private static List<String> ten(String place, List<String> answers) {
        if (answers.size() != PEOPLE) {
            throw new SuiteException(
                    "%s: expected the answers of %d people, found %d".formatted(place, PEOPLE, answers.size()));
        }
        return answers;
    }

    @Override
    public Scores score(List<Answered> answers) {
        Tally tally = new Tally();
        for (Answered answered : answers) {
            tally.add("all", accuracy(answered.text(), answered.item().answers()));
        }
        return new Scores(List.of("accuracy"), tally.rows(), List.of());
    }

    /** Returns the VQA accuracy of an answer, 0 to 1. */
    static double accuracy(String answer, List<String> people) {
        String said = AnswerWords.of(answer);
        long same = people.stream().map(AnswerWords::of).filter(said::equals).count();
        if (same == 0) {
            return 0;
        }
        double amongThose = Math.min(1, (same - 1) / ENOUGH);
        double amongOthers = Math.min(1, same / ENOUGH);
        return (same * amongThose + (people.size() - same) * amongOthers) / people.size();
    }

    /** Returns the file that the challenge's server takes. */
    @Override
    public Map<String, String> official(List<Answered> answers) {
        List<JsonValue> items = new ArrayList<>();
        for (Answered answered : answers) {
            String id = answered.item().id();
            JsonObject item = id.matches("[0-9]{1,18}")
                    ? JsonObject.empty().with("question_id", Long.parseLong(id))
                    : JsonObject.empty().with("question_id", id);
            items.add(item.with("answer", answered.text()));
        }
        return Map.of("textvqa_answers.json", Json.print(new JsonArray(items)) + "\n");
    }
}
