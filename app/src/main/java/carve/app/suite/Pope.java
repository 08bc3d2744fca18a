package carve.app.suite;

import carve.api.config.JsonException;
import carve.api.config.JsonObject;
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
    public String files() {
        return "coco_pope_*.json (a file or their folder), or POPE.tsv; pictures: COCO's val2014";
    }

    @Override
    public List<Item> read(Source source) {
        if (source.isTable()) {
            return table(source);
        }
        List<Path> files = source.files(PREFIX + ".*\\.json");
        if (files.isEmpty()) {
            throw new SuiteException("%s: there is no %s*%s".formatted(source.data(), PREFIX, SUFFIX));
        }
        List<Item> items = new ArrayList<>();
        for (Path file : files) {
            String split = split(file.getFileName().toString());
            if (source.split().isEmpty() || source.split().equals(split)) {
                Source.jsonLines(file).forEach(line -> items.add(item(line, split, source)));
            }
        }
        return items;
    }

    private static String split(String file) {
        String name = file.startsWith(PREFIX) ? file.substring(PREFIX.length()) : file;
        return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    }

    private static Item item(JsonObject line, String split, Source source) {
        try {
            String label = line.string("label");
            if (!label.equals("yes") && !label.equals("no")) {
                throw line.error("label", "must be yes or no, is '%s'".formatted(label));
            }
            int id = line.integer("question_id");
            return Item.open(
                    split + "/" + id,
                    line.origin(),
                    line.string("text"),
                    source.image(line.origin(), line.string("image")),
                    List.of(label),
                    Map.of("split", split));
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    private static List<Item> table(Source source) {
        Tsv table = new Tsv(source.data(), "question", "answer", "category");
        List<Item> items = new ArrayList<>();
        for (Tsv.Row row : table.rows()) {
            String split = row.cell("category");
            if (source.split().isEmpty() || List.of(split.split(",")).contains(source.split())) {
                items.add(Item.open(
                        row.required("index"),
                        row.place(),
                        row.required("question"),
                        table.image(row),
                        List.of(row.required("answer").toLowerCase(Locale.ROOT)),
                        Map.of("split", split)));
            }
        }
        return items;
    }

    @Override
    public Scores score(List<Answered> answers) {
        Map<String, Counts> splits = new LinkedHashMap<>();
        Counts all = new Counts();
        for (Answered answered : answers) {
            boolean yes = YesNo.ofPope(answered.text()).equals("yes");
            boolean right = answered.item().answer().equals("yes");
            for (String split : answered.item().fact("split").split(",")) {
                splits.computeIfAbsent(split, _ -> new Counts()).add(yes, right);
                all.add(yes, right);
            }
        }
        List<Scores.Row> rows = new ArrayList<>(List.of(all.row("all")));
        splits.forEach((split, counts) -> rows.add(counts.row(split)));
        return new Scores(COLUMNS, rows, List.of());
    }

    @Override
    public Map<String, String> official(List<Answered> answers) {
        Map<String, String> files = new LinkedHashMap<>();
        for (Answered answered : answers) {
            String id = answered.item().id();
            JsonObject line = JsonObject.empty()
                    .with("question", answered.item().question())
                    .with("answer", answered.text());
            String file = "pope_%s_answers.json".formatted(id.contains("/") ? id.substring(0, id.indexOf('/')) : "all");
            files.merge(file, line + "\n", String::concat);
        }
        return files;
    }

    private static final class Counts {
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

        Scores.Row row(String name) {
            int of = truePositive + falsePositive + trueNegative + falseNegative;
            double precision = share(truePositive, truePositive + falsePositive);
            double recall = share(truePositive, truePositive + falseNegative);
            double f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
            return new Scores.Row(
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
