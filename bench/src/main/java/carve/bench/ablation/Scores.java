package carve.bench.ablation;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The share of questions that each model answered, in percent, by its name; the teacher's is under {@code teacher}. */
record Scores(Map<String, Double> accuracies, int questions) {
    static Scores read(Path file) {
        Map<String, Double> accuracies = new LinkedHashMap<>();
        int questions = 0;
        for (JsonObject model : Paper.objects(Json.readObject(file).array("models"))) {
            JsonObject result = model.object("evaluation");
            accuracies.put(model.string("name"), 100 * result.real("accuracy"));
            questions = result.integer("total");
        }
        return new Scores(accuracies, questions);
    }

    double accuracy(String student) {
        Double accuracy = accuracies.get(student);
        if (accuracy == null) {
            throw new IllegalArgumentException(
                    "no model '%s' in the report; there are %s".formatted(student, accuracies.keySet()));
        }
        return accuracy;
    }

    double percentOfTeacher(String student) {
        return 100 * accuracy(student) / accuracy("teacher");
    }
}
