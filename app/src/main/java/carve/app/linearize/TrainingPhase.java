package carve.app.linearize;

import carve.api.config.SettingsNode;
import carve.api.config.SettingsNode.Items;
import carve.api.config.SettingsNode.Scalar;
import carve.api.config.SettingsNode.Section;
import carve.api.config.TreeSettings;
import carve.api.json.JsonObject;
import carve.app.report.HumanReadable;
import carve.hocon.Hocon;
import carve.runtime.train.Recipe;
import carve.runtime.train.RecipeResult;
import carve.runtime.train.RecipeRunner;
import carve.runtime.train.Resume;
import carve.runtime.train.StageResult;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The phase that converts the teacher and runs the recipe's stages; it goes on from its last checkpoint. */
record TrainingPhase(LinearizeContext context, PhaseRecords records) implements Phase {
    static final String NAME = "training";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "converting and training";
    }

    @Override
    public JsonObject run() throws IOException {
        long tokens =
                TokenBudget.of(records.outcome(BudgetPhase.NAME).orElseThrow()).tokens();
        Recipe recipe = recipe(Hocon.parseFile(context.plan()).asTree(), tokens);
        RecipeResult result = new RecipeRunner(context.catalogs(), context.device(), context.progress())
                .distill(recipe, Resume.SAME_FILES);
        JsonObject outcome = JsonObject.empty().with("student", result.model().toString());
        for (StageResult stage : result.stages()) {
            outcome = outcome.with(
                    stage.stage(),
                    JsonObject.empty().with("steps", stage.steps()).with("loss", stage.lastLoss()));
        }
        return outcome;
    }

    private Recipe recipe(Section plan, long tokens) {
        TreeSettings resolved = context.recipe(plan);
        List<SettingsNode> stages = context.config().scaling().scale(resolved, tokens).stream()
                .<SettingsNode>map(StageScaling.Stage::section)
                .toList();
        Map<String, SettingsNode> own = new LinkedHashMap<>();
        own.put("teacher", text(context.teacher().path().toString()));
        own.put("out", text(context.out().toString()));
        own.put("seed", new Scalar(context.config().seed(), LinearizeContext.ORIGIN));
        own.put("data", context.dataSection());
        own.put("stages", new Items(stages, LinearizeContext.ORIGIN));
        Section preset = resolved.asTree().without("data").without("stages");
        return Recipe.of(new TreeSettings(new Section(own, LinearizeContext.ORIGIN).over(preset), resolved.referred()));
    }

    private static Scalar text(String value) {
        return new Scalar(value, LinearizeContext.ORIGIN);
    }

    @Override
    public String summary(JsonObject outcome) {
        long stages = outcome.keys().size() - 1L;
        return "%s stages, student in %s".formatted(HumanReadable.count(stages), outcome.string("student"));
    }
}
