package carve.app.linearize;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.app.report.HumanReadable;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.runtime.eval.quality.QualityReport;
import carve.runtime.train.HostResources;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The output of a run that a person sees.
 *
 * @param terminal where
 */
record LinearizeReport(Terminal terminal) {
    void phase(int number, int count, String title) {
        terminal.println("[%d/%d] %s".formatted(number, count, title));
    }

    void outcome(String line) {
        terminal.println("      " + line);
    }

    void stages(List<StageScaling.Stage> stages) {
        TextTable table = new TextTable("STAGE", "STEPS", "ROWS", "LENGTH", "TOKENS", "RATE");
        stages.forEach(stage -> table.row(
                stage.name(),
                HumanReadable.count(stage.steps()),
                stage.rows(),
                stage.length(),
                HumanReadable.count(stage.tokens()),
                "x %.2g".formatted(stage.rateFactor())));
        table.print(terminal);
    }

    void plan(LinearizeContext context, TokenBudget budget, List<StageScaling.Stage> stages, Resources resources) {
        LinearizeConfig config = context.config();
        int layers = context.teacher().spec().layers().size();
        int kept = KeepCount.of(config.keep(), layers);
        terminal.println("%s: %d of %d layers keep attention, the others become %s; recipe %s"
                .formatted(context.teacher().path(), kept, layers, config.mixer(), config.recipe()));
        terminal.println("data: "
                + (context.data().isEmpty()
                        ? "made by the teacher"
                        : context.data().toString()));
        stages(stages);
        terminal.println("%s tokens, about %s (estimated from timed forward passes of the teacher: %s tokens a second)"
                .formatted(
                        HumanReadable.count(budget.tokens()),
                        HumanReadable.time(budget.seconds()),
                        HumanReadable.count(Math.round(budget.tokensPerSecond()))));
        terminal.println("memory %s (counted; this machine has %s), disk %s at most in %s"
                .formatted(
                        HumanReadable.bytes(resources.memoryBytes()),
                        HumanReadable.bytes(HostResources.memoryBytes()),
                        HumanReadable.bytes(resources.diskBytes()),
                        context.out()));
    }

    void result(LinearizeContext context, JsonObject quality) {
        JsonObject text = quality.object("text");
        JsonObject seeded = quality.object(QualityPhase.SEEDED);
        TextTable table = new TextTable("", "TEACHER", "SEEDED", "STUDENT");
        table.row(
                "perplexity",
                figure(text.real("teacher_perplexity")),
                figure(seeded.real("student_perplexity")),
                figure(text.real("student_perplexity")));
        table.row("KL divergence", "0", figure(seeded.real("kl_divergence")), figure(text.real("kl_divergence")));
        table.row(
                "top-1 agreement",
                HumanReadable.percent(1),
                HumanReadable.percent(seeded.real("top1_agreement")),
                HumanReadable.percent(text.real("top1_agreement")));
        for (JsonObject recall : objects(quality.array("recall"))) {
            table.row(
                    "%s at %d".formatted(recall.string("task"), recall.integer("length")),
                    HumanReadable.percent(recall.real("teacher_generated")),
                    "",
                    HumanReadable.percent(recall.real("student_generated")));
        }
        for (JsonObject speed : objects(quality.array("speed"))) {
            int length = speed.integer("length");
            table.row(
                    "state at " + length,
                    HumanReadable.bytes(speed.longInteger("teacher_state_bytes")),
                    "",
                    HumanReadable.bytes(speed.longInteger("student_state_bytes")));
            table.row(
                    "tokens/s at " + length,
                    figure(speed.real("teacher_tokens_per_second")),
                    "",
                    figure(speed.real("student_tokens_per_second")));
        }
        table.print(terminal);
        Path out = context.out();
        terminal.println("student %s (with its card, README.md), page %s, layer plan %s"
                .formatted(out.resolve("student"), out.resolve(QualityReport.PAGE), context.plan()));
        terminal.println("try it: carve chat " + out.resolve("student"));
    }

    private static List<JsonObject> objects(JsonArray array) {
        return array.items().stream().map(LinearizeReport::object).toList();
    }

    private static JsonObject object(JsonValue value) {
        return (JsonObject) value;
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.3g", value);
    }
}
