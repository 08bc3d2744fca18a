package carve.runtime.eval.suite;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * TextVQA (Singh et al. 2019, arXiv:1904.08920) with the VQA accuracy of its challenge: ten people answered each question, and
 * an answer is worth the mean over these ten of {@code min(1, n / 3)}, where n counts the other nine who said the same.
 * Answers are compared in the form of {@link VqaAnswerNormalizer}. OCR tokens are not shown.
 */
final class TextVqa implements Suite {
    private static final int PEOPLE = 10;
    private static final double ENOUGH = 3;

    @Override
    public String name() {
        return "textvqa";
    }

    @Override
    public String acceptedFiles() {
        return "TextVQA_0.5.1_val.json, or TextVQA_VAL.tsv; pictures: train_images";
    }

    @Override
    public List<Question> read(SuiteData suiteData) {
        if (suiteData.isTable()) {
            return table(suiteData);
        }
        Path file = suiteData.file("TextVQA_0.5.1_val.json");
        try {
            List<Question> items = new ArrayList<>();
            for (JsonObject question : SuiteData.objects(
                    file.getFileName() + ": data", SuiteData.object(file).array("data"))) {
                String id = text(question, "question_id");
                String place = "%s: question %s".formatted(file.getFileName(), id);
                String image = question.string("image_id");
                items.add(Question.openEnded(
                        id,
                        place,
                        question.string("question"),
                        suiteData.image(
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

    private static List<Question> table(SuiteData suiteData) {
        TsvTable table = new TsvTable(suiteData.data(), "question", "answer");
        List<Question> items = new ArrayList<>();
        for (TsvTable.Row row : table.rows()) {
            items.add(Question.openEnded(
                    row.required("index"),
                    row.location(),
                    row.required("question"),
                    table.image(row),
                    ten(row.location(), PythonListParser.parse(row.required("answer"), row.location())),
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
    public SuiteScores score(List<Prediction> answers) {
        GroupMeans groupMeans = new GroupMeans();
        for (Prediction prediction : answers) {
            groupMeans.add(
                    "all", accuracy(prediction.text(), prediction.question().answers()));
        }
        return new SuiteScores(List.of("accuracy"), groupMeans.rows(), List.of());
    }

    /** Returns the VQA accuracy of an answer, 0 to 1. */
    static double accuracy(String answer, List<String> people) {
        String said = VqaAnswerNormalizer.normalize(answer);
        long same = people.stream()
                .map(VqaAnswerNormalizer::normalize)
                .filter(said::equals)
                .count();
        if (same == 0) {
            return 0;
        }
        double amongThose = Math.min(1, (same - 1) / ENOUGH);
        double amongOthers = Math.min(1, same / ENOUGH);
        return (same * amongThose + (people.size() - same) * amongOthers) / people.size();
    }

    /** Returns the file that the challenge's server takes. */
    @Override
    public Map<String, String> submissionFiles(List<Prediction> answers) {
        List<JsonValue> items = new ArrayList<>();
        for (Prediction prediction : answers) {
            String id = prediction.question().id();
            JsonObject item = id.matches("[0-9]{1,18}")
                    ? JsonObject.empty().with("question_id", Long.parseLong(id))
                    : JsonObject.empty().with("question_id", id);
            items.add(item.with("answer", prediction.text()));
        }
        return Map.of("textvqa_answers.json", Json.print(new JsonArray(items)) + "\n");
    }
}
