package carve.app.train;

import carve.api.config.TreeSettings;
import carve.api.json.Json;
import carve.api.model.LayerPlan;
import carve.app.report.ConversionReport;
import carve.app.report.ProgressBar;
import carve.app.wiring.AppContext;
import carve.runtime.convert.Conversion;
import carve.runtime.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Converts a teacher's folder into a student's. Beside the student's checkpoint lies {@value #REPORT}, which tells what became
 * of every tensor.
 *
 * @param appContext what is installed
 */
public record ConversionRunner(AppContext appContext) {
    /** The file with the account. */
    public static final String REPORT = "conversion.json";

    /** The key of plans and recipes that names an earlier student, whose converted layers are taken. */
    public static final String PREVIOUS_CHECKPOINT = "previous-checkpoint";

    /**
     * Converts tensor by tensor; neither model is in memory whole.
     *
     * @param plan the plan's settings, or a recipe's
     * @param show whether the account is printed
     * @throws IOException if the account cannot be written
     */
    public void convert(ModelFolder teacher, TreeSettings plan, long seed, Path student, boolean show)
            throws IOException {
        LayerPlan layers = PlanLoader.parse(plan, teacher.spec().layers().size());
        Conversion fresh =
                Conversion.of(teacher, layers, appContext.catalogs().mixerCatalog(), appContext.device(), seed);
        if (!plan.has(PREVIOUS_CHECKPOINT)) {
            save(fresh, student, show);
            return;
        }
        try (ModelFolder earlier = appContext.openModel(Path.of(plan.string(PREVIOUS_CHECKPOINT)))) {
            save(fresh.continueFrom(earlier), student, show);
        }
    }

    private void save(Conversion conversion, Path student, boolean show) throws IOException {
        long total = conversion.student().parameters().size();
        AtomicLong done = new AtomicLong();
        try (ProgressBar bar = new ProgressBar(appContext.terminal(), "converting", "tensors")) {
            conversion.save(student, _ -> bar.step(done.incrementAndGet(), total));
        }
        List<Conversion.TensorReport> account = conversion.report();
        Files.writeString(student.resolve(REPORT), Json.print(ConversionReport.json(account)) + "\n");
        if (show) {
            ConversionReport.print(appContext.terminal(), account);
        }
    }
}
