package carve.app.suite;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * MME (Fu et al. 2023, arXiv:2306.13394): two questions about each picture, one to be answered with yes and one with no.
 *
 * <p>acc is the share of questions answered rightly, acc+ that of pictures both of whose questions are, and the score of a
 * subtask their sum in percent, 0 to 200. Perception is the sum of the scores of ten subtasks, cognition that of four. An answer
 * counts by its first four letters.
 */
final class Mme implements Suite {
    private static final List<String> PERCEPTION = List.of(
            "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR");
    private static final List<String> COGNITION =
            List.of("commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning");
    private static final int PAIR = 2;

    @Override
    public String name() {
        return "mme";
    }

    @Override
    public String files() {
        return "the folder of the subtasks' folders with *.txt (lines \"question<TAB>Yes\") and pictures, or MME.tsv";
    }

    @Override
    public List<Item> read(Source source) {
        if (source.isTable()) {
            return table(source);
        }
        List<Item> items = new ArrayList<>();
        for (String subtask : subtasks()) {
            Path folder = source.folder().resolve(subtask);
            if (Files.isDirectory(folder)
                    && (source.split().isEmpty() || source.split().equals(subtask))) {
                Path questions = folder.resolve("questions_answers_YN");
                boolean apart = Files.isDirectory(questions);
                Source inner = new Source(
                        apart ? questions : folder,
                        apart ? Optional.of(folder.resolve("images")) : source.images(),
                        "");
                inner.files(".*\\.txt").forEach(file -> items.addAll(file(file, subtask, inner)));
            }
        }
        if (items.isEmpty()) {
            throw new SuiteException("%s: there is no folder of a subtask of MME with *.txt; they are %s"
                    .formatted(source.data(), String.join(", ", subtasks())));
        }
        return items;
    }

    private static List<String> subtasks() {
        return Stream.concat(PERCEPTION.stream(), COGNITION.stream()).toList();
    }

    private static List<Item> file(Path file, String subtask, Source source) {
        List<Item> items = new ArrayList<>();
        List<String> lines = Source.lines(file);
        String stem = file.getFileName().toString().replaceFirst("\\.txt$", "");
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                String place = subtask + "/" + Source.place(file, i + 1);
                String[] cells = lines.get(i).split("\t");
                if (cells.length != PAIR) {
                    throw new SuiteException(
                            "%s: expected a question, a tab, and Yes or No, found '%s'".formatted(place, lines.get(i)));
                }
                String picture = subtask + "/" + stem;
                items.add(Item.open(
                        picture + "#" + i,
                        place,
                        cells[0].strip(),
                        source.image(place, stem + ".jpg", stem + ".png", stem + ".jpeg"),
                        List.of(answer(place, cells[1])),
                        Map.of("subtask", subtask, "picture", picture)));
            }
        }
        return items;
    }

    private static List<Item> table(Source source) {
        Tsv table = new Tsv(source.data(), "question", "answer", "category", "image_path");
        List<Item> items = new ArrayList<>();
        for (Tsv.Row row : table.rows()) {
            String subtask = row.required("category");
            if (source.split().isEmpty() || source.split().equals(subtask)) {
                items.add(Item.open(
                        row.required("index"),
                        row.place(),
                        row.required("question"),
                        table.image(row),
                        List.of(answer(row.place(), row.required("answer"))),
                        Map.of("subtask", subtask, "picture", subtask + "/" + row.required("image_path"))));
            }
        }
        return items;
    }

    private static String answer(String place, String text) {
        String answer = text.strip().toLowerCase(Locale.ROOT);
        if (!answer.equals("yes") && !answer.equals("no")) {
            throw new SuiteException("%s: the answer must be Yes or No, is '%s'".formatted(place, text.strip()));
        }
        return answer;
    }

    @Override
    public String group(Item item) {
        return item.fact("picture");
    }

    @Override
    public Scores score(List<Answered> answers) {
        Map<String, Map<String, List<Boolean>>> subtasks = new LinkedHashMap<>();
        for (Answered answered : answers) {
            boolean right = YesNo.ofMme(answered.text()).equals(answered.item().answer());
            subtasks.computeIfAbsent(answered.item().fact("subtask"), _ -> new LinkedHashMap<>())
                    .computeIfAbsent(answered.item().fact("picture"), _ -> new ArrayList<>())
                    .add(right);
        }
        List<Scores.Row> rows = new ArrayList<>();
        subtasks.forEach((subtask, pictures) -> rows.add(row(subtask, pictures)));
        rows.addFirst(sum("cognition", COGNITION, rows));
        rows.addFirst(sum("perception", PERCEPTION, rows));
        List<String> missing =
                subtasks().stream().filter(name -> !subtasks.containsKey(name)).toList();
        return new Scores(
                List.of("acc", "acc+", "score"),
                rows,
                missing.isEmpty() ? List.of() : List.of("not asked, and 0 in the sums: " + String.join(", ", missing)));
    }

    private static Scores.Row row(String subtask, Map<String, List<Boolean>> pictures) {
        int questions = 0;
        int right = 0;
        int both = 0;
        for (Map.Entry<String, List<Boolean>> picture : pictures.entrySet()) {
            if (picture.getValue().size() != PAIR) {
                throw new SuiteException("MME has two questions for each picture, but %s has %d"
                        .formatted(picture.getKey(), picture.getValue().size()));
            }
            questions += PAIR;
            right += (int) picture.getValue().stream().filter(hit -> hit).count();
            both += picture.getValue().contains(false) ? 0 : 1;
        }
        double acc = 100.0 * right / questions;
        double plus = 100.0 * both / pictures.size();
        return new Scores.Row(subtask, List.of(acc, plus, acc + plus), questions);
    }

    private static Scores.Row sum(String name, List<String> subtasks, List<Scores.Row> rows) {
        List<Scores.Row> own =
                rows.stream().filter(row -> subtasks.contains(row.name())).toList();
        return new Scores.Row(
                name,
                List.of(
                        Double.NaN,
                        Double.NaN,
                        own.stream().mapToDouble(row -> row.figures().getLast()).sum()),
                own.stream().mapToInt(Scores.Row::of).sum());
    }

    /** Returns the files that MME's {@code calculation.py} reads: picture, question, right answer and answer by line. */
    @Override
    public Map<String, String> official(List<Answered> answers) {
        Map<String, String> files = new LinkedHashMap<>();
        for (Answered answered : answers) {
            Item item = answered.item();
            String picture = item.fact("picture");
            String right = item.answer().equals("yes") ? "Yes" : "No";
            String line = String.join(
                    "\t",
                    picture.substring(picture.lastIndexOf('/') + 1),
                    item.question(),
                    right,
                    answered.text().strip().replaceAll("\\s+", " "));
            files.merge(item.fact("subtask") + ".txt", line + "\n", String::concat);
        }
        return files;
    }
}
