package carve.app.train;

import carve.api.config.SettingsNode;
import carve.app.plugin.Presets;
import carve.app.report.HumanReadable;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.app.wiring.OpenDevices;
import carve.runtime.catalog.Catalogs;
import carve.runtime.train.Recipe;
import carve.runtime.train.RecipeResult;
import carve.runtime.train.RecipeRunner;
import carve.runtime.train.StageResult;
import com.google.inject.Provider;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The execution of recipes for {@code train}, {@code distill} and {@code demo}. */
public final class RecipeExecution {
    private final Terminal terminal;
    private final GlobalOptions globalOptions;
    private final Provider<Presets> presets;
    private final Provider<Catalogs> catalogs;
    private final OpenDevices openDevices;

    /** Makes the execution; plugins are loaded with the first recipe. */
    public RecipeExecution(
            Terminal terminal,
            GlobalOptions globalOptions,
            Provider<Presets> presets,
            Provider<Catalogs> catalogs,
            OpenDevices openDevices) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
        this.presets = presets;
        this.catalogs = catalogs;
        this.openDevices = openDevices;
    }

    /** Runs a recipe. */
    @FunctionalInterface
    public interface RecipeAction {
        /** Returns the result. */
        RecipeResult run(RecipeRunner runner, Recipe recipe) throws IOException;
    }

    /**
     * Returns a recipe with the settings of the command line over it.
     *
     * @param name a file, or the name of a preset
     */
    public Recipe read(String name) {
        return read(name, AppConfig.overrides(globalOptions.overrides(), false));
    }

    /** Returns a recipe with settings over it. */
    public Recipe read(String name, SettingsNode.Section overrides) {
        return Recipe.read(name, presets.get()::load, overrides);
    }

    /**
     * Runs a recipe on the device that it asks for, and prints a line for each stage.
     *
     * @throws IOException if a file cannot be read or written
     */
    public RecipeResult run(Recipe recipe, RecipeAction action) throws IOException {
        openDevices.select(RecipeDevice.of(recipe.settings(), openDevices.defaultSelector(), globalOptions));
        RecipeRunner runner = new RecipeRunner(
                catalogs.get(), openDevices.device(), (title, unit) -> new ProgressBar(terminal, title, unit));
        RecipeResult result = action.run(runner, recipe);
        print(result.stages());
        return result;
    }

    /**
     * Runs the recipe of a command line; when the process is interrupted, says how to resume.
     *
     * @param command the command's name
     * @param name a file, or the name of a preset
     * @throws IOException if a file cannot be read or written
     */
    public void runInterruptibly(String command, String name, RecipeAction action) throws IOException {
        Recipe recipe = read(name);
        Thread hook = new Thread(() -> terminal.printMessage("%ncarve: stopped; %s continues from the last checkpoint"
                .formatted(resumeCommand(command, name, globalOptions.overrides()))));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            terminal.println("wrote " + run(recipe, action).model());
        } finally {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }

    // without the same settings another run would be resumed, or none
    static String resumeCommand(String command, String name, Map<String, String> overrides) {
        StringBuilder line = new StringBuilder("carve %s %s".formatted(command, quoted(name)));
        new TreeMap<>(overrides).forEach((key, value) -> line.append(" -D").append(quoted(key + "=" + value)));
        return line.append(" --resume").toString();
    }

    private static String quoted(String word) {
        boolean plain = word.chars().allMatch(c -> Character.isLetterOrDigit(c) || "-_./=:,+@%".indexOf(c) >= 0);
        return plain ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    private void print(List<StageResult> results) {
        TextTable table = new TextTable("STAGE", "STEPS", "FIRST LOSS", "LAST LOSS", "TIME", "TOKENS/S");
        results.forEach(result -> table.row(
                result.stage(),
                result.steps(),
                "%.4g".formatted(result.firstLoss()),
                "%.4g".formatted(result.lastLoss()),
                HumanReadable.time(result.seconds()),
                HumanReadable.count(Math.round(result.tokens() / Math.max(1e-9, result.seconds())))));
        table.print(terminal);
    }
}
