package carve.app.linearize;

import carve.api.json.JsonObject;
import carve.app.report.HumanReadable;

/** The phase that fixes how many tokens training sees. */
record BudgetPhase(LinearizeContext context) implements Phase {
    static final String NAME = "budget";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "timing the teacher";
    }

    @Override
    public JsonObject run() {
        return TokenBudget.measure(context).json();
    }

    @Override
    public String summary(JsonObject outcome) {
        TokenBudget budget = TokenBudget.of(outcome);
        return "%s tokens, about %s at %s tokens a second"
                .formatted(
                        HumanReadable.count(budget.tokens()),
                        HumanReadable.time(budget.seconds()),
                        HumanReadable.count(Math.round(budget.tokensPerSecond())));
    }
}
