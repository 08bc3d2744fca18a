package carve.app.linearize;

import carve.api.config.TreeSettings;
import carve.api.data.Dataset;
import carve.api.json.JsonObject;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.app.linearize.LinearizeConfig.Measure;
import carve.runtime.eval.quality.ModelFacts;
import carve.runtime.eval.quality.QualityEvaluation;
import carve.runtime.eval.quality.QualityReport;
import carve.runtime.eval.quality.RecallComparison;
import carve.runtime.eval.quality.TextFidelity;
import carve.runtime.eval.recall.Haystack;
import carve.runtime.eval.recall.RecallGrid;
import carve.runtime.eval.recall.RecallTasks;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.progress.Progress;
import carve.runtime.train.Datasets;
import carve.runtime.train.RecipeRunner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The phase that measures the student beside its teacher, and writes the page and the card. */
record QualityPhase(LinearizeContext context, PhaseRecords records) implements Phase {
    static final String NAME = "quality";
    /** The key of the student's measurements before training. */
    static final String SEEDED = "seeded";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "measuring the student beside the teacher";
    }

    @Override
    public JsonObject run() throws IOException {
        Path student = student();
        try (Processor processor = context.teacher().processor();
                LoadedModel teacher = context.teacher().load(context.device(), WeightPrecision.AS_STORED)) {
            List<int[]> rows = rows(processor);
            TextFidelity seeded = seeded(teacher, processor, rows);
            try (ModelFolder folder = open(student);
                    LoadedModel model = folder.load(context.device(), WeightPrecision.AS_STORED)) {
                QualityReport report = report(folder, new QualityEvaluation(model, teacher, processor), rows);
                report.write(context.out());
                report.writeCard(student);
                TextFidelity.Bucket start = seeded.overall();
                return report.json()
                        .with(
                                SEEDED,
                                JsonObject.empty()
                                        .with("student_perplexity", start.studentPerplexity())
                                        .with("kl_divergence", start.divergence())
                                        .with("top1_agreement", start.agreement()));
            }
        }
    }

    private Path student() {
        return Path.of(records.outcome(TrainingPhase.NAME).orElseThrow().string("student"));
    }

    private ModelFolder open(Path folder) {
        return ModelFolder.open(folder, context.catalogs());
    }

    private List<int[]> rows(Processor processor) {
        try (Dataset data = Datasets.open(
                context.catalogs(),
                new TreeSettings(context.dataSection()),
                processor,
                context.config().seed(),
                context.progress())) {
            Dataset held = data.validation().orElse(data);
            List<int[]> rows = new ArrayList<>();
            long most = Math.min(held.size(), context.config().validationRows());
            for (long i = 0; i < most; i++) {
                held.sample(i).filter(row -> row.tokens().length > 1).ifPresent(row -> rows.add(row.tokens()));
            }
            return rows;
        }
    }

    private TextFidelity seeded(LoadedModel teacher, Processor processor, List<int[]> rows) {
        try (ModelFolder folder = open(context.out().resolve(RecipeRunner.INITIAL_STUDENT));
                LoadedModel model = folder.load(context.device(), WeightPrecision.AS_STORED)) {
            return text(new QualityEvaluation(model, teacher, processor), rows, "measuring the seeded student");
        }
    }

    private TextFidelity text(QualityEvaluation evaluation, List<int[]> rows, String title) {
        try (Progress.Phase phase = context.progress().begin(title, "rows")) {
            return evaluation.text(rows, context.config().measure().newTokens(), phase);
        }
    }

    private QualityReport report(ModelFolder student, QualityEvaluation evaluation, List<int[]> rows) {
        Measure measure = context.config().measure();
        QualityReport report = QualityReport.of(ModelFacts.of(student), ModelFacts.of(context.teacher()), origin())
                .withText(text(evaluation, rows, "measuring the student"));
        if (!measure.tasks().isEmpty()) {
            report = report.withRecall(recall(evaluation, measure));
        }
        int[] tokens = rows.stream().flatMapToInt(java.util.Arrays::stream).toArray();
        return report.withSpeeds(evaluation.speeds(measure.speeds(), tokens));
    }

    private List<RecallComparison> recall(QualityEvaluation evaluation, Measure measure) {
        RecallGrid grid = RecallGrid.of(
                measure.lengths(), measure.samples(), context.config().seed(), measure.batchSize());
        try (Progress.Phase phase = context.progress().begin("measuring recall", "examples")) {
            return evaluation.recall(RecallTasks.named(measure.tasks(), Haystack.NOISE), grid, phase);
        }
    }

    private Map<String, String> origin() {
        TokenBudget budget = TokenBudget.of(records.outcome(BudgetPhase.NAME).orElseThrow());
        Map<String, String> origin = new LinkedHashMap<>();
        origin.put("Recipe", context.config().recipe() + ", scaled by carve linearize");
        origin.put("Tokens", Long.toString(budget.tokens()));
        origin.put("Seed", Long.toString(context.config().seed()));
        origin.put("Data", context.data().isEmpty() ? "made by the teacher" : names());
        return origin;
    }

    private String names() {
        return String.join(
                ", ",
                context.data().stream()
                        .map(path -> String.valueOf(path.getFileName()))
                        .toList());
    }

    @Override
    public String summary(JsonObject outcome) {
        return "the page is %s".formatted(context.out().resolve(QualityReport.PAGE));
    }
}
