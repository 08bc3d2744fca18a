package carve.app.linearize;

import carve.api.json.JsonObject;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.app.linearize.LinearizeConfig.OwnData;
import carve.app.report.HumanReadable;
import carve.runtime.answers.AnswerConfig;
import carve.runtime.answers.AnswerDataset;
import carve.runtime.answers.AnswerRun;
import carve.runtime.answers.PromptSampler;
import carve.runtime.engine.ModelFiles;
import carve.runtime.engine.Sampler;
import carve.runtime.model.WeightPrecision;
import carve.runtime.progress.Progress;
import java.io.IOException;
import java.util.List;

/** The phase in which the teacher makes the data: conversations if it has a chat template, else texts. */
record OwnDataPhase(LinearizeContext context, PhaseRecords records) implements Phase {
    @Override
    public String name() {
        return "own-data";
    }

    @Override
    public String title() {
        return "letting the teacher make data";
    }

    @Override
    public JsonObject run() throws IOException {
        OwnData own = context.config().ownData();
        TokenBudget budget = TokenBudget.of(records.outcome(BudgetPhase.NAME).orElseThrow());
        double tokens = Math.min(own.maxTokens(), own.share() * budget.tokens());
        int count = Math.toIntExact(
                context.config().validationRows() + Math.max(1, Math.ceilDiv(Math.round(tokens), own.length())));
        try (Processor processor = context.teacher().processor();
                LoadedModel model = context.teacher().load(context.device(), WeightPrecision.AS_STORED)) {
            Sampler sampler = new Sampler(1, 0, 1, context.config().seed(), processor.suppressedTokens());
            AnswerDataset dataset = new AnswerDataset(
                    model,
                    processor,
                    new AnswerConfig(sampler, own.length(), 1, own.batchSize()),
                    ModelFiles.of(context.teacher().path()).digest(List.of()),
                    true);
            return JsonObject.empty()
                    .with("rows", make(dataset, processor, count).rows());
        }
    }

    private AnswerDataset.Result make(AnswerDataset dataset, Processor processor, int count) throws IOException {
        boolean chat = processor.chatFormat() != Processor.ChatFormat.NONE;
        try (Progress.Phase asking = context.progress().begin("making prompts", "prompts");
                Progress.Phase answering = context.progress().begin("answering", "answers")) {
            return chat
                    ? dataset.converse(count, context.ownData(), shownBy(asking), shownBy(answering))
                    : dataset.answer(PromptSampler.beginnings(processor, count), context.ownData(), shownBy(answering));
        }
    }

    private static AnswerRun.Listener shownBy(Progress.Phase phase) {
        return (done, total, _) -> phase.step(done, total);
    }

    @Override
    public String summary(JsonObject outcome) {
        return "%s rows in %s".formatted(HumanReadable.count(outcome.longInteger("rows")), context.ownData());
    }
}
