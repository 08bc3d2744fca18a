package carve.app.linearize;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;
import carve.api.config.SettingsNode.Items;
import carve.api.config.SettingsNode.Scalar;
import carve.api.config.SettingsNode.Section;
import carve.api.config.TreeSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Scales the stages of a recipe, which are made for GPUs, to a budget of tokens.
 *
 * <p>The budget is split in the recipe's own proportions. Where a stage gets the part f &lt; 1 of its tokens, steps and rows of a step
 * both shrink, about as sqrt(f), and rates grow by f^(-1/4), since fewer steps have to go as far. A stage with more tokens than
 * its recipe has makes more steps, with rows and rates as they are.
 *
 * @param maxLength the most tokens of a row
 * @param batchSize the most rows of a batch
 * @param maxRateFactor the most that rates are multiplied by
 * @param maxRate what no rate grows above
 */
record StageScaling(int maxLength, int batchSize, double maxRateFactor, double maxRate) {
    private static final String SCALED = "scaled to the budget";
    private static final int CHECKPOINTS = 10;
    private static final int MAX_CHECKPOINT_STEPS = 500;

    /**
     * A stage of the student's run.
     *
     * @param section its settings
     * @param steps of the optimizer
     * @param rows of a step
     * @param length L, the most tokens of a row
     * @param rateFactor what its rates are multiplied by, where that does not take them above the greatest
     */
    record Stage(Section section, String name, long steps, long rows, int length, double rateFactor) {
        long tokens() {
            return steps * rows * length;
        }
    }

    /**
     * Returns the stages of a recipe for a budget.
     *
     * @param budget tokens in all
     */
    List<Stage> scale(TreeSettings recipe, long budget) {
        int dataLength = recipe.has("data")
                ? (int) StageSize.number(recipe.section("data"), "max-length", maxLength)
                : maxLength;
        List<Settings> sections = recipe.sections("stages");
        List<StageSize> sizes =
                sections.stream().map(stage -> StageSize.of(stage, dataLength)).toList();
        double total = sizes.stream().mapToLong(StageSize::tokens).sum();
        List<Stage> stages = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            double part = budget * (sizes.get(i).tokens() / total);
            stages.add(scale(sections.get(i).asTree(), sizes.get(i), part));
        }
        return List.copyOf(stages);
    }

    private Stage scale(Section section, StageSize size, double tokens) {
        double fraction = Math.min(1, tokens / size.tokens());
        int length = Math.min(size.length(), maxLength);
        long wanted = Math.max(1, Math.round(size.stepTokens() * Math.sqrt(fraction) / length));
        long batch = Math.min(wanted, batchSize);
        long accumulated = Math.ceilDiv(wanted, batch);
        long rows = batch * accumulated;
        long steps = Math.max(1, Math.round(tokens / (rows * length)));
        double factor = Math.min(maxRateFactor, Math.pow(fraction, -0.25));
        Map<String, SettingsNode> own = new LinkedHashMap<>();
        put(own, "steps", steps);
        put(own, "batch-size", batch);
        put(own, "gradient-accumulation-steps", accumulated);
        put(own, "checkpoint-steps", Math.clamp(steps / CHECKPOINTS, 1, MAX_CHECKPOINT_STEPS));
        Map<String, SettingsNode> data = new LinkedHashMap<>();
        put(data, "max-length", length);
        own.put("data", new Section(data, SCALED));
        rates(section, factor, own);
        warmup(section, steps, own);
        Section scaled = new Section(own, SCALED).over(section.without("tokens"));
        return new Stage(scaled, size.name(), steps, rows, length, factor);
    }

    private static void put(Map<String, SettingsNode> members, String key, long value) {
        members.put(key, new Scalar(value, SCALED));
    }

    private void rates(Section section, double factor, Map<String, SettingsNode> own) {
        if (section.members().get("optimizer") instanceof Section optimizer) {
            Map<String, SettingsNode> changed = new LinkedHashMap<>(optimizer.members());
            rate(changed, factor);
            if (changed.get("groups") instanceof Items groups) {
                changed.put(
                        "groups",
                        new Items(
                                groups.items().stream()
                                        .map(group -> group(group, factor))
                                        .toList(),
                                SCALED));
            }
            own.put("optimizer", new Section(changed, optimizer.origin()));
        }
    }

    private SettingsNode group(SettingsNode node, double factor) {
        if (!(node instanceof Section group)) {
            return node;
        }
        Map<String, SettingsNode> changed = new LinkedHashMap<>(group.members());
        rate(changed, factor);
        return new Section(changed, group.origin());
    }

    private void rate(Map<String, SettingsNode> members, double factor) {
        if (members.get("learning-rate") instanceof Scalar scalar) {
            double rate = Double.parseDouble(scalar.value().toString());
            members.put("learning-rate", new Scalar(Math.max(rate, Math.min(rate * factor, maxRate)), scalar.origin()));
        }
    }

    // a warm-up in steps was made for more of them; one in percent fits as it is
    private static void warmup(Section section, long steps, Map<String, SettingsNode> own) {
        if (section.members().get("schedule") instanceof Section schedule
                && schedule.members().get("warmup") instanceof Scalar scalar
                && scalar.value() instanceof Number warmup) {
            Map<String, SettingsNode> changed = new LinkedHashMap<>(schedule.members());
            put(changed, "warmup", Math.min(warmup.longValue(), steps / CHECKPOINTS));
            own.put("schedule", new Section(changed, schedule.origin()));
        }
    }
}
