package carve.runtime.eval.quality;

import carve.api.json.Json;
import carve.api.json.JsonString;

/**
 * The model card of a student: the head in YAML with the keys that the Hugging Face hub reads, {@code license}, {@code base_model}, {@code
 * library_name}, {@code pipeline_tag} and {@code tags}, and the page in Markdown. Without a licence in the teacher's folder there is no key for one.
 *
 * @param report what it shows
 */
record ModelCard(QualityReport report) {
    String text() {
        return head() + "\n" + report.markdown();
    }

    private String head() {
        StringBuilder head = new StringBuilder("---\n");
        // texts in JSON are texts in YAML
        head.append("base_model: ").append(quoted(report.teacher().name())).append('\n');
        if (!report.teacher().licence().isEmpty()) {
            head.append("license: ").append(quoted(report.teacher().licence())).append('\n');
        }
        head.append("library_name: carve\n");
        head.append("pipeline_tag: text-generation\n");
        head.append("tags:\n- carve\n- distillation\n");
        head.append(report.student().growingLayers() == 0 ? "- linear-attention\n" : "- hybrid\n");
        return head.append("---\n").toString();
    }

    private static String quoted(String text) {
        return Json.compact(new JsonString(text));
    }
}
