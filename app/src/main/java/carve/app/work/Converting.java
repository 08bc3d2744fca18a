package carve.app.work;

import carve.api.config.Json;
import carve.api.config.TreeSettings;
import carve.api.model.Conversion;
import carve.api.model.LayerPlan;
import carve.api.model.ModelFolder;
import carve.app.terminal.ProgressBar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Converts a teacher's folder into a student's. Beside the student's checkpoint lies {@value #ACCOUNT}, which tells what became
 * of every tensor.
 *
 * @param workshop what is installed
 */
public record Converting(Workshop workshop) {
    /** The file with the account. */
    public static final String ACCOUNT = "conversion.json";

    /** The key of plans and recipes that names an earlier student, whose converted layers are taken. */
    public static final String EARLIER = "previous-checkpoint";

    /**
     * Converts tensor by tensor; neither model is in memory whole.
     *
     * @param plan the plan's settings, or a recipe's
     * @param show whether the account is printed
     * @throws IOException if the account cannot be written
     */
    public void convert(ModelFolder teacher, TreeSettings plan, long seed, Path student, boolean show)
            throws IOException {
        LayerPlan layers = Plans.read(plan, teacher.spec().layers().size());
        Conversion fresh = Conversion.of(teacher, layers, workshop.catalogs().mixerCatalog(), workshop.device(), seed);
        if (!plan.has(EARLIER)) {
            save(fresh, student, show);
            return;
        }
        try (ModelFolder earlier = workshop.open(Path.of(plan.string(EARLIER)))) {
            save(fresh.continuing(earlier), student, show);
        }
    }

    private void save(Conversion conversion, Path student, boolean show) throws IOException {
        long total = conversion.student().parameters().size();
        AtomicLong done = new AtomicLong();
        try (ProgressBar bar = new ProgressBar(workshop.terminal(), "converting", "tensors")) {
            conversion.save(student, _ -> bar.step(done.incrementAndGet(), total));
        }
        List<Conversion.Entry> account = conversion.account();
        Files.writeString(student.resolve(ACCOUNT), Json.print(Accounts.json(account)) + "\n");
        if (show) {
            Accounts.print(workshop.terminal(), account);
        }
    }
}
