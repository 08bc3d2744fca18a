package carve.app.linearize;

import carve.api.config.TreeSettings;
import carve.api.data.Dataset;
import carve.api.json.JsonObject;
import carve.api.text.Processor;
import carve.app.report.HumanReadable;
import carve.runtime.engine.ModelFiles;
import carve.runtime.io.ProcessLock;
import carve.runtime.train.Datasets;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A run of {@code carve linearize}: checks, then phases. */
public final class Linearization {
    private final LinearizeContext context;
    private final PhaseRecords records;
    private final LinearizeReport report;

    Linearization(LinearizeContext context, LinearizeReport report) {
        this.context = context;
        this.records = new PhaseRecords(context.out());
        this.report = report;
    }

    private List<Phase> phases() {
        List<Phase> phases = new ArrayList<>(List.of(new BudgetPhase(context)));
        if (context.data().isEmpty()) {
            phases.add(new OwnDataPhase(context, records));
        }
        phases.add(new PlanPhase(context));
        phases.add(new TrainingPhase(context, records));
        phases.add(new QualityPhase(context, records));
        return phases;
    }

    /**
     * Shows what a run would do; writes nothing into its folder.
     *
     * @throws IOException if a file cannot be read
     */
    void plan() throws IOException {
        check();
        TokenBudget budget =
                records.outcome(BudgetPhase.NAME).map(TokenBudget::of).orElseGet(() -> TokenBudget.measure(context));
        List<StageScaling.Stage> stages = context.stages(budget.tokens());
        Resources resources = Resources.of(context, stages);
        report.plan(context, budget, stages, resources);
        resources.require(context.out(), context.device());
    }

    /**
     * Runs the phases that are not done yet.
     *
     * @throws IOException if a file cannot be read or written
     */
    void run() throws IOException {
        long tokens = check();
        try (ProcessLock _ = ProcessLock.acquire(context.out().resolve("phases"))) {
            records.begin(description());
            List<Phase> phases = phases();
            for (int i = 0; i < phases.size(); i++) {
                run(phases.get(i), i + 1, phases.size());
                if (phases.get(i) instanceof BudgetPhase) {
                    checkBudget(tokens);
                }
            }
        }
        report.result(context, records.outcome(QualityPhase.NAME).orElseThrow());
    }

    private void run(Phase phase, int number, int count) throws IOException {
        Optional<JsonObject> known = records.outcome(phase.name());
        report.phase(number, count, phase.title() + (known.isPresent() ? " (done before)" : ""));
        if (known.isEmpty()) {
            records.done(phase.name(), phase.run());
        }
        report.outcome(phase.summary(records.outcome(phase.name()).orElseThrow()));
    }

    private void checkBudget(long dataTokens) throws IOException {
        TokenBudget budget = TokenBudget.of(records.outcome(BudgetPhase.NAME).orElseThrow());
        List<StageScaling.Stage> stages = context.stages(budget.tokens());
        Resources.of(context, stages).require(context.out(), context.device());
        report.stages(stages);
        if (dataTokens > 0 && budget.tokens() > dataTokens) {
            report.outcome("the data has %s tokens: it is read %.1f times"
                    .formatted(HumanReadable.count(dataTokens), (double) budget.tokens() / dataTokens));
        }
    }

    /** Opens everything that a run needs; returns the tokens of the data, 0 if they are not known. */
    private long check() {
        KeepCount.of(context.config().keep(), context.teacher().spec().layers().size());
        PlanPhase.allConverted(context);
        context.stages(1);
        try (Processor processor = context.teacher().processor()) {
            if (context.data().isEmpty()) {
                return 0;
            }
            try (Dataset data = Datasets.open(
                    context.catalogs(),
                    new TreeSettings(context.dataSection()),
                    processor,
                    context.config().seed(),
                    context.progress())) {
                return data.tokens().orElse(0);
            }
        }
    }

    private JsonObject description() throws IOException {
        return JsonObject.empty()
                .with("teacher", ModelFiles.of(context.teacher().path()).digest(List.of()))
                .with("data", context.data().toString())
                .with("settings", context.config().everything())
                .with("device", context.device().name());
    }
}
