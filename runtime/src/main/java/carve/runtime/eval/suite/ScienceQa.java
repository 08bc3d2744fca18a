package carve.runtime.eval.suite;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ScienceQA (Lu et al. 2022, arXiv:2209.09513), answers read as LLaVA's program reads them: a letter, a letter with a dot, or
 * "The answer is" with a letter; all else is wrong. The groups are those of the authors: with picture (IMG) and without, with
 * text or without any context, subjects, and grades.
 *
 * <p>Where {@code llava_test_CQM-A.json} lies beside the problems, its words are asked as they stand.
 */
final class ScienceQa implements Suite {
    private static final String LETTERS = "ABCDE";
    private static final Pattern SAID = Pattern.compile("The answer is ([A-E])");
    private static final Map<String, String> SUBJECTS = Map.of(
            "natural science", "subject: natural",
            "social science", "subject: social",
            "language science", "subject: language");
    private static final int LOWER_GRADES = 6;

    @Override
    public String name() {
        return "scienceqa";
    }

    @Override
    public String acceptedFiles() {
        return "the folder of problems.json and pid_splits.json (and llava_test_CQM-A.json), or ScienceQA_TEST.tsv; split test, val";
    }

    @Override
    public List<Question> read(SuiteData suiteData) {
        return suiteData.isTable() ? table(suiteData) : problems(suiteData);
    }

    private static List<Question> problems(SuiteData suiteData) {
        String split = suiteData.split().isEmpty() ? "test" : suiteData.split();
        Path file = suiteData.file("problems.json");
        JsonObject problems = SuiteData.object(file);
        Optional<Path> words = suiteData.find("llava_" + split + "_CQM-A.json");
        Map<String, String> asked = words.map(ScienceQa::words).orElse(Map.of());
        try {
            List<String> ids = SuiteData.object(suiteData
                            .find("pid_splits.json")
                            .orElseThrow(() ->
                                    new SuiteException("%s: there is no pid_splits.json, which says what is in '%s'"
                                            .formatted(suiteData.folder(), split))))
                    .strings(split);
            List<Question> items = new ArrayList<>();
            for (String id : ids) {
                items.add(item(id, problems.object(id), split, asked, suiteData));
            }
            return items;
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    // what LLaVA's files ask, by problem
    private static Map<String, String> words(Path file) {
        try {
            if (!(Json.read(file) instanceof JsonArray array)) {
                throw new SuiteException(file + ": expected an array of conversations");
            }
            Map<String, String> words = new HashMap<>();
            for (JsonObject item : SuiteData.objects(file.getFileName().toString(), array)) {
                String id = item.value("id").orElse(new JsonString("")) instanceof JsonString text
                        ? text.text()
                        : Json.compact(item.value("id").orElseThrow());
                List<JsonObject> turns =
                        SuiteData.objects(file.getFileName() + ": id " + id, item.array("conversations"));
                if (turns.isEmpty()) {
                    throw item.error("conversations", "is empty");
                }
                words.put(
                        id,
                        turns.getFirst().string("value").replace("<image>", "").strip());
            }
            return words;
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    private static Question item(
            String id, JsonObject problem, String split, Map<String, String> asked, SuiteData suiteData) {
        List<String> choices = problem.strings("choices");
        int answer = problem.integer("answer");
        if (answer < 0 || answer >= choices.size() || choices.size() > LETTERS.length()) {
            throw problem.error("answer", "is %d, but there are %d choices".formatted(answer, choices.size()));
        }
        Optional<String> image = problem.optionalString("image").filter(name -> !name.isEmpty());
        String place = "%s: problem %s".formatted(problem.origin(), id);
        Map<String, String> facts = new HashMap<>();
        facts.put("subject", problem.optionalString("subject").orElse(""));
        facts.put("grade", problem.optionalString("grade").orElse(""));
        facts.put("choices", String.valueOf(choices.size()));
        facts.put("text", problem.optionalString("hint").orElse("").isEmpty() ? "no" : "yes");
        facts.put("known", "yes");
        List<PictureSource> pictures = image.map(name -> suiteData.image(
                        place,
                        split + "/" + id + "/" + name,
                        id + "/" + name,
                        "images/" + split + "/" + id + "/" + name))
                .map(List::of)
                .orElse(List.of());
        boolean whole = asked.containsKey(id);
        return new Question(
                id,
                place,
                whole ? asked.get(id) : problem.string("question"),
                whole ? "" : problem.optionalString("hint").orElse(""),
                whole ? List.of() : choices,
                pictures,
                List.of(Question.letter(answer)),
                facts);
    }

    private static List<Question> table(SuiteData suiteData) {
        TsvTable table = new TsvTable(suiteData.data(), "question", "A", "B", "answer");
        List<Question> items = new ArrayList<>();
        for (TsvTable.Row row : table.rows()) {
            List<String> choices = row.choices();
            Map<String, String> facts = row.attributes("category", "l2-category");
            facts.put("choices", String.valueOf(choices.size()));
            items.add(new Question(
                    row.required("index"),
                    row.location(),
                    row.required("question"),
                    row.cell("hint"),
                    choices,
                    List.of(table.image(row)),
                    List.of(row.required("answer")),
                    facts));
        }
        return items;
    }

    /** Returns the letter that an answer gives; empty if it gives none of the choices. */
    static String letter(String answer, int choices) {
        String text = answer.replace("\n", ". ");
        String letter = "";
        if (text.strip().length() == 1) {
            letter = text.strip();
        } else if (text.length() > 2 && text.startsWith(". ", 1)) {
            letter = text.substring(0, 1);
        } else {
            Matcher said = SAID.matcher(text);
            letter = said.find() ? said.group(1) : "";
        }
        return LETTERS.substring(0, choices).contains(letter) ? letter : "";
    }

    @Override
    public SuiteScores score(List<Prediction> answers) {
        GroupMeans groupMeans = new GroupMeans();
        for (Prediction prediction : answers) {
            Question item = prediction.question();
            boolean right = letter(prediction.text(), Integer.parseInt(item.attribute("choices")))
                    .equals(item.answer());
            boolean picture = !item.pictures().isEmpty();
            groupMeans.add("all", right).add(picture ? "with picture (IMG)" : "without picture", right);
            if (item.attribute("known").equals("yes")) {
                boolean text = item.attribute("text").equals("yes");
                groupMeans
                        .add(text ? "with text (TXT)" : "", right)
                        .add(text || picture ? "" : "no context (NO)", right);
                groupMeans
                        .add(SUBJECTS.getOrDefault(item.attribute("subject"), ""), right)
                        .add(grade(item), right);
            }
            groupMeans.add(item.attribute("category"), right);
        }
        return new SuiteScores(List.of("accuracy"), groupMeans.rows(), List.of());
    }

    private static String grade(Question item) {
        String number = item.attribute("grade").replace("grade", "");
        if (!number.matches("[0-9]{1,2}")) {
            return "";
        }
        return Integer.parseInt(number) <= LOWER_GRADES ? "grades 1-6" : "grades 7-12";
    }

    /** Returns the file that the authors' {@code evaluate_acc.py} reads: by problem the number of the choice, or -1. */
    @Override
    public Map<String, String> submissionFiles(List<Prediction> answers) {
        Map<String, JsonValue> results = new LinkedHashMap<>();
        for (Prediction prediction : answers) {
            String letter = letter(
                    prediction.text(), Integer.parseInt(prediction.question().attribute("choices")));
            results.put(prediction.question().id(), JsonNumber.of(letter.isEmpty() ? -1 : LETTERS.indexOf(letter)));
        }
        JsonObject file = JsonObject.empty().with("results", JsonObject.of(results));
        return Map.of("scienceqa_results.json", Json.print(file) + "\n");
    }
}
