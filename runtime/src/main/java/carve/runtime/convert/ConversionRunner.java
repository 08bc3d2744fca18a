package carve.runtime.convert;

import carve.api.device.Device;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.model.LayerPlan;
import carve.api.stage.ProgressListener;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.plan.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A conversion of a teacher's folder into a student's folder. Beside the student's checkpoint lies {@value #REPORT}, which says
 * where every tensor comes from.
 *
 * @param catalogs the installed plugins
 * @param device the device that computes initial values
 */
public record ConversionRunner(Catalogs catalogs, Device device) {
    /** The file with the report. */
    public static final String REPORT = "conversion.json";

    /**
     * Converts tensor by tensor, so that neither model is in memory as a whole.
     *
     * @param plan the mixers of the student's layers
     * @param seed the seed of parameters that the teacher gives no value
     * @param student the folder to write
     * @return what became of every tensor
     * @throws carve.api.config.SettingsException if the plan is wrong, or does not fit the teacher or the previous checkpoint
     * @throws IOException if the report cannot be written
     */
    public List<Conversion.TensorReport> convert(
            ModelFolder teacher, Plan plan, long seed, Path student, ProgressListener progress) throws IOException {
        LayerPlan layers = plan.layers(teacher.spec().layers().size());
        Conversion conversion = Conversion.of(teacher, layers, catalogs.mixerCatalog(), device, seed);
        Optional<Path> previous = plan.previousCheckpoint();
        if (previous.isEmpty()) {
            return save(conversion, student, progress);
        }
        try (ModelFolder folder = ModelFolder.open(previous.get(), catalogs)) {
            return save(conversion.continueFrom(folder), student, progress);
        }
    }

    private static List<Conversion.TensorReport> save(Conversion conversion, Path student, ProgressListener progress)
            throws IOException {
        long total = conversion.student().parameters().size();
        AtomicLong done = new AtomicLong();
        conversion.save(student, _ -> progress.step(done.incrementAndGet(), total));
        List<Conversion.TensorReport> report = conversion.report();
        Files.writeString(student.resolve(REPORT), Json.print(json(report)) + "\n");
        return report;
    }

    private static JsonObject json(List<Conversion.TensorReport> report) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        report.forEach(tensor -> members.put(
                tensor.name(),
                JsonObject.empty()
                        .with("type", tensor.type().toString())
                        .with("source", tensor.outcome().name().toLowerCase(Locale.ROOT))));
        return JsonObject.of(members);
    }
}
