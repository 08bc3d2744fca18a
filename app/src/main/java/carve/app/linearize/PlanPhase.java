package carve.app.linearize;

import carve.api.config.SettingsNode;
import carve.api.config.SettingsNode.Scalar;
import carve.api.config.SettingsNode.Section;
import carve.api.config.TreeSettings;
import carve.api.json.JsonObject;
import carve.api.model.LayerPlan;
import carve.api.model.ModelSpec;
import carve.app.report.PlanSuggestionReport;
import carve.runtime.io.FolderTransaction;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.plan.PlanSuggester;
import carve.runtime.plan.PlanWriter;
import carve.runtime.plan.Suggestion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The phase that chooses the layers that keep attention, by measurement. */
record PlanPhase(LinearizeContext context) implements Phase {
    @Override
    public String name() {
        return "plan";
    }

    @Override
    public String title() {
        return "choosing the layers that keep attention";
    }

    @Override
    public JsonObject run() throws IOException {
        int layers = context.teacher().spec().layers().size();
        int kept = KeepCount.of(context.config().keep(), layers);
        if (kept == 0) {
            write(all(context), List.of("All layers are converted."));
        } else {
            suggest(kept);
        }
        return JsonObject.empty().with("kept", kept).with("layers", layers);
    }

    private void suggest(int kept) throws IOException {
        Path work = Files.createDirectories(context.out().resolve("phases").resolve("suggest"));
        Suggestion suggestion = new PlanSuggester(context.catalogs(), context.device(), settings(kept))
                .suggest(context.teacher(), work, context.progress(), context.messages());
        write(suggestion.plan(), PlanSuggestionReport.table(suggestion).lines());
    }

    /** Returns the plan that converts all layers. */
    static LayerPlan all(LinearizeContext context) {
        Section plan = new Section(
                Map.of(
                        "repeat",
                        new Scalar(context.config().mixer(), LinearizeContext.ORIGIN),
                        "mixers",
                        context.config().mixers()),
                LinearizeContext.ORIGIN);
        return LayerPlanReader.read(
                new TreeSettings(plan), context.teacher().spec().layers().size());
    }

    /**
     * Returns the student whose layers are all converted.
     *
     * @throws carve.api.CarveException if the mixer is unknown, or cannot take the place of the teacher's
     */
    static ModelSpec allConverted(LinearizeContext context) {
        return context.teacher()
                .family()
                .studentSpec(
                        context.teacher().spec(),
                        all(context),
                        context.catalogs().mixerCatalog());
    }

    private TreeSettings settings(int kept) {
        LinearizeConfig config = context.config();
        Map<String, SettingsNode> own = new LinkedHashMap<>();
        own.put("seed", new Scalar(config.seed(), LinearizeContext.ORIGIN));
        own.put("keep", new Scalar(Integer.toString(kept), LinearizeContext.ORIGIN));
        own.put("mixer", new Scalar(config.mixer(), LinearizeContext.ORIGIN));
        own.put("mixers", config.mixers());
        Section defaults = context.suggestDefaults().without("data").without("mixers");
        Section data = new Section(Map.of("data", context.dataSection()), LinearizeContext.ORIGIN);
        return new TreeSettings(
                config.suggest().over(data.over(new Section(own, LinearizeContext.ORIGIN).over(defaults))));
    }

    private void write(LayerPlan plan, List<String> remarks) {
        try (FolderTransaction transaction = FolderTransaction.begin(context.out())) {
            transaction.write(
                    context.plan().getFileName().toString(),
                    PlanWriter.format(plan, remarks).getBytes(StandardCharsets.UTF_8));
            transaction.commit();
        }
    }

    @Override
    public String summary(JsonObject outcome) {
        return "%d of %d layers keep attention: %s"
                .formatted(outcome.integer("kept"), outcome.integer("layers"), context.plan());
    }
}
