package carve.runtime.eval.suite;

import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * POPE: is an object there? (Li et al. 2023, arXiv:2305.10355.) Yes is the positive class; an answer is a no if its first
 * sentence has one of the words no, No, not, and a yes otherwise. A precision, recall or F1 whose divisor is 0 is 0.
 */
final class Pope implements Suite {
    private static final String PREFIX = "coco_pope_";
    private static final String SUFFIX = ".json";
    private static final List<String> COLUMNS = List.of("accuracy", "precision", "recall", "f1", "yes");

    @Override
    public String name() {
        return "pope";
    }

    @Override
    public String acceptedFiles() {
        return "coco_pope_*.json (a file or their folder), or POPE.tsv; pictures: COCO's val2014";
    }

    @Override
    public List<Question> read(SuiteData suiteData) {
        if (suiteData.isTable()) {
            return table(suiteData);
        }
        List<Path> files = suiteData.files(PREFIX + ".*\\.json");
        if (files.isEmpty()) {
            throw new SuiteException("%s: there is no %s*%s".formatted(suiteData.data(), PREFIX, SUFFIX));
        }
        List<Question> items = new ArrayList<>();
        for (Path file : files) {
            String split = split(file.getFileName().toString());
            if (suiteData.split().isEmpty() || suiteData.split().equals(split)) {
                SuiteData.jsonLines(file).forEach(line -> items.add(item(line, split, suiteData)));
            }
        }
        return items;
    }

    private static String split(String file) {
        String name = file.startsWith(PREFIX) ? file.substring(PREFIX.length()) : file;
        return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    }

    private static Question item(JsonObject line, String split, SuiteData suiteData) {
        try {
            String label = line.string("label");
            if (!label.equals("yes") && !label.equals("no")) {
                throw line.error("label", "must be yes or no, is '%s'".formatted(label));
            }
            int id = line.integer("question_id");
            return Question.openEnded(
                    split + "/" + id,
                    line.origin(),
                    line.string("text"),
                    suiteData.image(line.origin(), line.string("image")),
                    List.of(label),
                    Map.of("split", split));
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    private static List<Question> table(SuiteData suiteData) {
        TsvTable table = new TsvTable(suiteData.data(), "question", "answer", "category");
        List<Question> items = new ArrayList<>();
        for (TsvTable.Row row : table.rows()) {
            String split = row.cell("category");
            if (suiteData.split().isEmpty() || List.of(split.split(",")).contains(suiteData.split())) {
                items.add(Question.openEnded(
                        row.required("index"),
                        row.location(),
                        row.required("question"),
                        table.image(row),
                        List.of(row.required("answer").toLowerCase(Locale.ROOT)),
                        Map.of("split", split)));
            }
        }
        return items;
    }

    @Override
    public SuiteScores score(List<Prediction> answers) {
        Map<String, ConfusionMatrix> splits = new LinkedHashMap<>();
        ConfusionMatrix all = new ConfusionMatrix();
        for (Prediction prediction : answers) {
            boolean yes = YesNoParser.parsePope(prediction.text()).equals("yes");
            boolean right = prediction.question().answer().equals("yes");
            for (String split : prediction.question().attribute("split").split(",")) {
                splits.computeIfAbsent(split, _ -> new ConfusionMatrix()).add(yes, right);
                all.add(yes, right);
            }
        }
        List<SuiteScores.Row> rows = new ArrayList<>(List.of(all.row("all")));
        splits.forEach((split, confusionMatrix) -> rows.add(confusionMatrix.row(split)));
        return new SuiteScores(COLUMNS, rows, List.of());
    }

    @Override
    public Map<String, String> submissionFiles(List<Prediction> answers) {
        Map<String, String> files = new LinkedHashMap<>();
        for (Prediction prediction : answers) {
            String id = prediction.question().id();
            JsonObject line = JsonObject.empty()
                    .with("question", prediction.question().text())
                    .with("answer", prediction.text());
            String file = "pope_%s_answers.json".formatted(id.contains("/") ? id.substring(0, id.indexOf('/')) : "all");
            files.merge(file, line + "\n", String::concat);
        }
        return files;
    }

    private static final class ConfusionMatrix {
        private int truePositive;
        private int falsePositive;
        private int trueNegative;
        private int falseNegative;

        void add(boolean yes, boolean right) {
            truePositive += yes && right ? 1 : 0;
            falsePositive += yes && !right ? 1 : 0;
            trueNegative += !yes && !right ? 1 : 0;
            falseNegative += !yes && right ? 1 : 0;
        }

        SuiteScores.Row row(String name) {
            int of = truePositive + falsePositive + trueNegative + falseNegative;
            double precision = share(truePositive, truePositive + falsePositive);
            double recall = share(truePositive, truePositive + falseNegative);
            double f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
            return new SuiteScores.Row(
                    name,
                    List.of(
                            share(truePositive + trueNegative, of),
                            precision,
                            recall,
                            f1,
                            share(truePositive + falsePositive, of)),
                    of);
        }

        private static double share(int part, int whole) {
            return whole == 0 ? 0 : 100.0 * part / whole;
        }
    }
}
