package carve.app.linearize;

import carve.api.config.SettingsNode;
import carve.api.config.SettingsNode.Items;
import carve.api.config.SettingsNode.Scalar;
import carve.api.config.SettingsNode.Section;
import carve.api.config.TreeSettings;
import carve.api.data.Dataset;
import carve.api.device.Device;
import carve.api.text.Processor;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.progress.Progress;
import carve.runtime.train.Datasets;
import carve.runtime.train.Recipe;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The models, settings and tools that the phases of a run work with.
 *
 * @param teacher the teacher
 * @param data files and folders of data; none where the teacher makes it
 * @param out the folder of the run
 * @param config the settings
 * @param catalogs the installed plugins
 * @param presets returns the settings of a preset or file
 * @param suggestDefaults the settings of {@code suggest.conf}
 * @param device runs the models
 * @param progress shows progress
 * @param messages shows lines
 */
record LinearizeContext(
        ModelFolder teacher,
        List<Path> data,
        Path out,
        LinearizeConfig config,
        Catalogs catalogs,
        Function<String, TreeSettings> presets,
        Section suggestDefaults,
        Device device,
        Progress progress,
        Consumer<String> messages) {
    static final String ORIGIN = "carve linearize";

    private static final int SMALLEST_PART = 10;

    /** Copies the list. */
    LinearizeContext {
        data = List.copyOf(data);
    }

    /** Returns this with no more rows held back than a tenth of the data that was given, but at least one. */
    LinearizeContext withSmallValidation() {
        if (data.isEmpty()) {
            return this;
        }
        Section whole = new Section(Map.of("validation", new Scalar("none", ORIGIN)), ORIGIN);
        try (Processor processor = teacher.processor();
                Dataset rows = Datasets.open(
                        catalogs, new TreeSettings(whole.over(dataSection())), processor, config.seed(), progress)) {
            int most = Math.toIntExact(Math.clamp(rows.size() / SMALLEST_PART, 1, config.validationRows()));
            return new LinearizeContext(
                    teacher,
                    data,
                    out,
                    config.withValidationRows(most),
                    catalogs,
                    presets,
                    suggestDefaults,
                    device,
                    progress,
                    messages);
        }
    }

    /** Returns the file in which the teacher's own texts are. */
    Path ownData() {
        return out.resolve("data").resolve("answers.jsonl");
    }

    /** Returns the file of the layer plan. */
    Path plan() {
        return out.resolve("plan.conf");
    }

    /** Returns the settings of the data: the files that were given, or the teacher's own texts. */
    Section dataSection() {
        List<Path> files = data.isEmpty() ? List.of(ownData()) : data;
        Map<String, SettingsNode> members = new LinkedHashMap<>();
        String kind = DataKind.of(files);
        members.put("type", new Scalar(kind, ORIGIN));
        if (kind.equals(DataKind.CHAT)) {
            members.put("overlong", new Scalar("truncate", ORIGIN)); // rows are shorter than conversations often are
        }
        members.put(
                "files",
                new Items(
                        files.stream()
                                .<SettingsNode>map(file -> new Scalar(file.toString(), ORIGIN))
                                .toList(),
                        ORIGIN));
        members.put("max-length", new Scalar(config.scaling().maxLength(), ORIGIN));
        members.put("validation", new Scalar(config.validationRows(), ORIGIN));
        return config.data().over(new Section(members, ORIGIN));
    }

    /** Returns the settings of the recipe, with plan settings over them. */
    TreeSettings recipe(Section plan) {
        return Recipe.resolvePresets(config.recipe(), presets, plan);
    }

    /** Returns the settings of the recipe. */
    TreeSettings recipe() {
        return recipe(new Section(Map.of(), ORIGIN));
    }

    /** Returns the recipe's stages, scaled to a number of tokens. */
    List<StageScaling.Stage> stages(long tokens) {
        return config.scaling().scale(recipe(), tokens);
    }
}
