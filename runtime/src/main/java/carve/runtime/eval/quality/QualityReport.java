package carve.runtime.eval.quality;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.runtime.io.FolderTransaction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A comparison of a student with its teacher. What was not measured is left out of the page.
 *
 * @param student the student
 * @param teacher the teacher
 * @param origin how the student came about, such as {@code Recipe} and {@code Data SHA-256}, in the order in which it is shown
 * @param text the predictions on texts; none or one
 * @param recall what both recall
 * @param speeds what sessions cost
 */
public record QualityReport(
        ModelFacts student,
        ModelFacts teacher,
        Map<String, String> origin,
        List<TextFidelity> text,
        List<RecallComparison> recall,
        List<SpeedComparison> speeds) {
    /** The file of the page. */
    public static final String PAGE = "quality.html";
    /** The file with the same in Markdown. */
    public static final String MARKDOWN = "quality.md";
    /** The file with the same in JSON. */
    public static final String JSON = "quality.json";
    /** The file of the model card. */
    public static final String CARD = "README.md";

    /** Copies the collections. */
    public QualityReport {
        origin = Collections.unmodifiableMap(new LinkedHashMap<>(origin));
        text = List.copyOf(text);
        recall = List.copyOf(recall);
        speeds = List.copyOf(speeds);
        if (text.size() > 1) {
            throw new IllegalArgumentException("a report shows the predictions on texts once");
        }
    }

    /** Returns a report without measurements. */
    public static QualityReport of(ModelFacts student, ModelFacts teacher, Map<String, String> origin) {
        return new QualityReport(student, teacher, origin, List.of(), List.of(), List.of());
    }

    /** Returns this report with the predictions on texts. */
    public QualityReport withText(TextFidelity measured) {
        return new QualityReport(student, teacher, origin, List.of(measured), recall, speeds);
    }

    /** Returns this report with what both recall. */
    public QualityReport withRecall(List<RecallComparison> measured) {
        return new QualityReport(student, teacher, origin, text, measured, speeds);
    }

    /** Returns this report with what sessions cost. */
    public QualityReport withSpeeds(List<SpeedComparison> measured) {
        return new QualityReport(student, teacher, origin, text, recall, measured);
    }

    /** Returns everything as JSON. */
    public JsonObject json() {
        Map<String, JsonValue> facts = new LinkedHashMap<>();
        origin.forEach((name, value) -> facts.put(name, new JsonString(value)));
        JsonObject json = JsonObject.empty()
                .with("student", student.json())
                .with("teacher", teacher.json())
                .with("origin", JsonObject.of(facts));
        JsonObject measured =
                text.isEmpty() ? json : json.with("text", text.getFirst().json());
        return measured.with(
                        "recall",
                        new JsonArray(recall.stream()
                                .<JsonValue>map(RecallComparison::json)
                                .toList()))
                .with(
                        "speed",
                        new JsonArray(speeds.stream()
                                .<JsonValue>map(SpeedComparison::json)
                                .toList()));
    }

    /** Returns the page in Markdown. */
    public String markdown() {
        return new QualityMarkdown(this).page();
    }

    /** Returns the page in HTML, which needs no other file. */
    public String html() {
        return new QualityHtml(this).page();
    }

    /** Returns the model card: a head in YAML as the Hugging Face hub reads it, and the page in Markdown. */
    public String card() {
        return new ModelCard(this).text();
    }

    /**
     * Writes {@value #PAGE}, {@value #MARKDOWN} and {@value #JSON} into a folder, all or none of them.
     *
     * @throws carve.api.checkpoint.CheckpointException if they cannot be written
     */
    public void write(Path folder) {
        try (FolderTransaction transaction = FolderTransaction.begin(folder)) {
            transaction.write(PAGE, bytes(html()));
            transaction.write(MARKDOWN, bytes(markdown()));
            transaction.write(JSON, bytes(Json.print(json()) + "\n"));
            transaction.commit();
        }
    }

    /**
     * Writes the model card, {@value #CARD}, into the student's folder, over one that is there.
     *
     * @throws carve.api.checkpoint.CheckpointException if it cannot be written
     */
    public void writeCard(Path studentFolder) {
        try (FolderTransaction transaction = FolderTransaction.begin(studentFolder)) {
            transaction.write(CARD, bytes(card()));
            transaction.commit();
        }
    }

    private static byte[] bytes(String content) {
        return content.getBytes(StandardCharsets.UTF_8);
    }
}
