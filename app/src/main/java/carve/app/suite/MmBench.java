package carve.app.suite;

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
 * they are made. Letters are inferred as VLMEvalKit does without another model, see {@link Letters}.
 */
final class MmBench implements Suite {
    private static final long ROUND = 1_000_000;

    @Override
    public String name() {
        return "mmbench";
    }

    @Override
    public String files() {
        return "the official table (mmbench_dev_20230712.tsv) or VLMEvalKit's (MMBench_DEV_EN.tsv); split dev, test";
    }

    @Override
    public List<Item> read(Source source) {
        Tsv table = new Tsv(source.file("MMBench_DEV_EN.tsv", "mmbench_dev_20230712.tsv"), "question", "A", "B");
        boolean rotated = table.rows().stream().anyMatch(row -> number(row) >= ROUND);
        List<Item> items = new ArrayList<>();
        for (Tsv.Row row : table.rows()) {
            if (source.split().isEmpty() || source.split().equals(row.cell("split"))) {
                int rounds = rotated ? 1 : row.choices().size();
                for (int round = 0; round < rounds; round++) {
                    items.add(item(table, row, round));
                }
            }
        }
        return items;
    }

    private static long number(Tsv.Row row) {
        String index = row.required("index");
        if (!index.matches("[0-9]{1,18}")) {
            throw new SuiteException("%s: column 'index' must be a number, is '%s'".formatted(row.place(), index));
        }
        return Long.parseLong(index);
    }

    // round r shows first what was at place r, as LLaVA's program does with --all-rounds
    private static Item item(Tsv table, Tsv.Row row, int round) {
        long index = number(row);
        List<String> choices = row.choices();
        if (choices.size() < 2) {
            throw new SuiteException("%s: has %d choices, needs 2 or more".formatted(row.place(), choices.size()));
        }
        List<String> turned = new ArrayList<>(choices.subList(round, choices.size()));
        turned.addAll(choices.subList(0, round));
        Map<String, String> facts = new HashMap<>(row.facts("category", "l2-category", "split"));
        facts.put("group", Long.toString(index % ROUND));
        String answer = row.cell("answer");
        int right = answer.length() == 1 ? answer.charAt(0) - 'A' : -1;
        if (!answer.isEmpty() && (right < 0 || right >= choices.size())) {
            throw new SuiteException(
                    "%s: the answer '%s' is none of the %d choices".formatted(row.place(), answer, choices.size()));
        }
        return new Item(
                Long.toString(index + round * ROUND),
                row.place(),
                row.required("question"),
                row.cell("hint"),
                turned,
                List.of(table.image(row)),
                answer.isEmpty() ? List.of() : List.of(Item.letter(Math.floorMod(right - round, choices.size()))),
                facts);
    }

    @Override
    public String group(Item item) {
        return item.fact("group");
    }

    @Override
    public Scores score(List<Answered> answers) {
        Map<String, List<Answered>> groups = new LinkedHashMap<>();
        answers.forEach(answered -> groups.computeIfAbsent(group(answered.item()), _ -> new ArrayList<>())
                .add(answered));
        Map<String, List<boolean[]>> rows = new LinkedHashMap<>();
        Map<String, List<boolean[]>> sorted = new TreeMap<>();
        for (List<Answered> group : groups.values()) {
            Item first = group.getFirst().item();
            boolean[] hits = {group.stream().allMatch(MmBench::hit), hit(group.getFirst())};
            rows.computeIfAbsent("all", _ -> new ArrayList<>()).add(hits);
            for (String kind : List.of("split", "l2-category", "category")) {
                if (!first.fact(kind).isEmpty()) {
                    sorted.computeIfAbsent(order(kind) + first.fact(kind), _ -> new ArrayList<>())
                            .add(hits);
                }
            }
        }
        sorted.forEach((name, hits) -> rows.put(name.substring(1), hits));
        return new Scores(
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

    private static boolean hit(Answered answered) {
        return Letters.of(answered.text(), answered.item().choices())
                .equals(answered.item().answer());
    }

    private static Scores.Row row(Map.Entry<String, List<boolean[]>> entry) {
        List<Double> figures = new ArrayList<>();
        for (int column = 0; column < 2; column++) {
            int which = column;
            long hits = entry.getValue().stream().filter(hit -> hit[which]).count();
            figures.add(100.0 * hits / entry.getValue().size());
        }
        return new Scores.Row(entry.getKey(), figures, entry.getValue().size());
    }

    /** Returns the letters by index; the server takes a table made of them. */
    @Override
    public Map<String, String> official(List<Answered> answers) {
        StringBuilder table = new StringBuilder("index\tquestion\tprediction\n");
        for (Answered answered : answers) {
            table.append(answered.item().id())
                    .append('\t')
                    .append(answered.item().question().replaceAll("\\s+", " "))
                    .append('\t')
                    .append(answered.text().strip().replaceAll("\\s+", " "))
                    .append('\n');
        }
        return Map.of("mmbench_predictions.tsv", table.toString());
    }
}
