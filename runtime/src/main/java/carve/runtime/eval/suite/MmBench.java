package carve.runtime.eval.suite;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * MMBench (Liu et al. 2023, arXiv:2307.06281) with circular evaluation: each question is asked once for every rotation of its
 * choices, and counts if all are answered rightly. Vanilla accuracy counts the first form alone.
 *
 * <p>The rotations are rows of the table, whose index is that of the first form plus millions; where a table has no such rows
 * they are made. Letters are inferred as VLMEvalKit does without another model, see {@link ChoiceExtractor}.
 */
final class MmBench implements Suite {
    private static final long ROUND = 1_000_000;

    @Override
    public String name() {
        return "mmbench";
    }

    @Override
    public String acceptedFiles() {
        return "the official table (mmbench_dev_20230712.tsv) or VLMEvalKit's (MMBench_DEV_EN.tsv); split dev, test";
    }

    @Override
    public List<Question> read(SuiteData suiteData) {
        TsvTable table =
                new TsvTable(suiteData.file("MMBench_DEV_EN.tsv", "mmbench_dev_20230712.tsv"), "question", "A", "B");
        boolean rotated = table.rows().stream().anyMatch(row -> number(row) >= ROUND);
        List<Question> items = new ArrayList<>();
        for (TsvTable.Row row : table.rows()) {
            if (suiteData.split().isEmpty() || suiteData.split().equals(row.cell("split"))) {
                int rounds = rotated ? 1 : row.choices().size();
                for (int round = 0; round < rounds; round++) {
                    items.add(item(table, row, round));
                }
            }
        }
        return items;
    }

    private static long number(TsvTable.Row row) {
        String index = row.required("index");
        if (!index.matches("[0-9]{1,18}")) {
            throw new SuiteException("%s: column 'index' must be a number, is '%s'".formatted(row.location(), index));
        }
        return Long.parseLong(index);
    }

    // round r shows first what was at place r, as LLaVA's program does with --all-rounds
    private static Question item(TsvTable table, TsvTable.Row row, int round) {
        long index = number(row);
        List<String> choices = row.choices();
        if (choices.size() < 2) {
            throw new SuiteException("%s: has %d choices, needs 2 or more".formatted(row.location(), choices.size()));
        }
        List<String> turned = new ArrayList<>(choices.subList(round, choices.size()));
        turned.addAll(choices.subList(0, round));
        Map<String, String> facts = new HashMap<>(row.attributes("category", "l2-category", "split"));
        facts.put("group", Long.toString(index % ROUND));
        String answer = row.cell("answer");
        int right = answer.length() == 1 ? answer.charAt(0) - 'A' : -1;
        if (!answer.isEmpty() && (right < 0 || right >= choices.size())) {
            throw new SuiteException(
                    "%s: the answer '%s' is none of the %d choices".formatted(row.location(), answer, choices.size()));
        }
        return new Question(
                Long.toString(index + round * ROUND),
                row.location(),
                row.required("question"),
                row.cell("hint"),
                turned,
                List.of(table.image(row)),
                answer.isEmpty() ? List.of() : List.of(Question.letter(Math.floorMod(right - round, choices.size()))),
                facts);
    }

    @Override
    public String group(Question item) {
        return item.attribute("group");
    }

    @Override
    public SuiteScores score(List<Prediction> answers) {
        Map<String, List<Prediction>> groups = new LinkedHashMap<>();
        answers.forEach(prediction -> groups.computeIfAbsent(group(prediction.question()), _ -> new ArrayList<>())
                .add(prediction));
        Map<String, List<boolean[]>> rows = new LinkedHashMap<>();
        Map<String, List<boolean[]>> sorted = new TreeMap<>();
        for (List<Prediction> group : groups.values()) {
            Question first = group.getFirst().question();
            boolean[] hits = {group.stream().allMatch(MmBench::hit), hit(group.getFirst())};
            rows.computeIfAbsent("all", _ -> new ArrayList<>()).add(hits);
            for (String kind : List.of("split", "l2-category", "category")) {
                if (!first.attribute(kind).isEmpty()) {
                    sorted.computeIfAbsent(order(kind) + first.attribute(kind), _ -> new ArrayList<>())
                            .add(hits);
                }
            }
        }
        sorted.forEach((name, hits) -> rows.put(name.substring(1), hits));
        return new SuiteScores(
                List.of("circular", "vanilla"),
                rows.entrySet().stream().map(MmBench::row).toList(),
                List.of(
                        "letters are inferred from answers without another model, as VLMEvalKit's exact matching does"));
    }

    private static String order(String kind) {
        return switch (kind) {
            case "split" -> "1split ";
            case "l2-category" -> "2";
            default -> "3";
        };
    }

    private static boolean hit(Prediction prediction) {
        return ChoiceExtractor.extract(prediction.text(), prediction.question().choices())
                .equals(prediction.question().answer());
    }

    private static SuiteScores.Row row(Map.Entry<String, List<boolean[]>> entry) {
        List<Double> figures = new ArrayList<>();
        for (int column = 0; column < 2; column++) {
            int which = column;
            long hits = entry.getValue().stream().filter(hit -> hit[which]).count();
            figures.add(100.0 * hits / entry.getValue().size());
        }
        return new SuiteScores.Row(entry.getKey(), figures, entry.getValue().size());
    }

    /** Returns the letters by index; the server takes a table made of them. */
    @Override
    public Map<String, String> submissionFiles(List<Prediction> answers) {
        StringBuilder table = new StringBuilder("index\tquestion\tprediction\n");
        for (Prediction prediction : answers) {
            table.append(prediction.question().id())
                    .append('\t')
                    .append(prediction.question().text().replaceAll("\\s+", " "))
                    .append('\t')
                    .append(prediction.text().strip().replaceAll("\\s+", " "))
                    .append('\n');
        }
        return Map.of("mmbench_predictions.tsv", table.toString());
    }
}
