package carve.runtime.eval.suite;

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
    public String acceptedFiles() {
        return "the folder of the subtasks' folders with *.txt (lines \"question<TAB>Yes\") and pictures, or MME.tsv";
    }

    @Override
    public List<Question> read(SuiteData suiteData) {
        if (suiteData.isTable()) {
            return table(suiteData);
        }
        List<Question> items = new ArrayList<>();
        for (String subtask : subtasks()) {
            Path folder = suiteData.folder().resolve(subtask);
            if (Files.isDirectory(folder)
                    && (suiteData.split().isEmpty() || suiteData.split().equals(subtask))) {
                Path questions = folder.resolve("questions_answers_YN");
                boolean apart = Files.isDirectory(questions);
                SuiteData inner = new SuiteData(
                        apart ? questions : folder,
                        apart ? Optional.of(folder.resolve("images")) : suiteData.images(),
                        "");
                inner.files(".*\\.txt").forEach(file -> items.addAll(file(file, subtask, inner)));
            }
        }
        if (items.isEmpty()) {
            throw new SuiteException("%s: there is no folder of a subtask of MME with *.txt; they are %s"
                    .formatted(suiteData.data(), String.join(", ", subtasks())));
        }
        return items;
    }

    private static List<String> subtasks() {
        return Stream.concat(PERCEPTION.stream(), COGNITION.stream()).toList();
    }

    private static List<Question> file(Path file, String subtask, SuiteData suiteData) {
        List<Question> items = new ArrayList<>();
        List<String> lines = SuiteData.lines(file);
        String stem = file.getFileName().toString().replaceFirst("\\.txt$", "");
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                String place = subtask + "/" + SuiteData.location(file, i + 1);
                String[] cells = lines.get(i).split("\t");
                if (cells.length != PAIR) {
                    throw new SuiteException(
                            "%s: expected a question, a tab, and Yes or No, found '%s'".formatted(place, lines.get(i)));
                }
                String picture = subtask + "/" + stem;
                items.add(Question.openEnded(
                        picture + "#" + i,
                        place,
                        cells[0].strip(),
                        suiteData.image(place, stem + ".jpg", stem + ".png", stem + ".jpeg"),
                        List.of(answer(place, cells[1])),
                        Map.of("subtask", subtask, "picture", picture)));
            }
        }
        return items;
    }

    private static List<Question> table(SuiteData suiteData) {
        TsvTable table = new TsvTable(suiteData.data(), "question", "answer", "category", "image_path");
        List<Question> items = new ArrayList<>();
        for (TsvTable.Row row : table.rows()) {
            String subtask = row.required("category");
            if (suiteData.split().isEmpty() || suiteData.split().equals(subtask)) {
                items.add(Question.openEnded(
                        row.required("index"),
                        row.location(),
                        row.required("question"),
                        table.image(row),
                        List.of(answer(row.location(), row.required("answer"))),
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
    public String group(Question item) {
        return item.attribute("picture");
    }

    @Override
    public SuiteScores score(List<Prediction> answers) {
        Map<String, Map<String, List<Boolean>>> subtasks = new LinkedHashMap<>();
        for (Prediction prediction : answers) {
            boolean right = YesNoParser.parseMme(prediction.text())
                    .equals(prediction.question().answer());
            subtasks.computeIfAbsent(prediction.question().attribute("subtask"), _ -> new LinkedHashMap<>())
                    .computeIfAbsent(prediction.question().attribute("picture"), _ -> new ArrayList<>())
                    .add(right);
        }
        List<SuiteScores.Row> rows = new ArrayList<>();
        subtasks.forEach((subtask, pictures) -> rows.add(row(subtask, pictures)));
        rows.addFirst(sum("cognition", COGNITION, rows));
        rows.addFirst(sum("perception", PERCEPTION, rows));
        List<String> missing =
                subtasks().stream().filter(name -> !subtasks.containsKey(name)).toList();
        return new SuiteScores(
                List.of("acc", "acc+", "score"),
                rows,
                missing.isEmpty() ? List.of() : List.of("not asked, and 0 in the sums: " + String.join(", ", missing)));
    }

    private static SuiteScores.Row row(String subtask, Map<String, List<Boolean>> pictures) {
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
        return new SuiteScores.Row(subtask, List.of(acc, plus, acc + plus), questions);
    }

    private static SuiteScores.Row sum(String name, List<String> subtasks, List<SuiteScores.Row> rows) {
        List<SuiteScores.Row> own =
                rows.stream().filter(row -> subtasks.contains(row.name())).toList();
        return new SuiteScores.Row(
                name,
                List.of(
                        Double.NaN,
                        Double.NaN,
                        own.stream().mapToDouble(row -> row.values().getLast()).sum()),
                own.stream().mapToInt(SuiteScores.Row::questions).sum());
    }

    /** Returns the files that MME's {@code calculation.py} reads: picture, question, right answer and answer by line. */
    @Override
    public Map<String, String> submissionFiles(List<Prediction> answers) {
        Map<String, String> files = new LinkedHashMap<>();
        for (Prediction prediction : answers) {
            Question item = prediction.question();
            String picture = item.attribute("picture");
            String right = item.answer().equals("yes") ? "Yes" : "No";
            String line = String.join(
                    "\t",
                    picture.substring(picture.lastIndexOf('/') + 1),
                    item.text(),
                    right,
                    prediction.text().strip().replaceAll("\\s+", " "));
            files.merge(item.attribute("subtask") + ".txt", line + "\n", String::concat);
        }
        return files;
    }
}
