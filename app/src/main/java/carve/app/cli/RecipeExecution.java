package carve.app.cli;

import carve.api.stage.StageResult;
import carve.app.plugin.Presets;
import carve.app.report.HumanReadable;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.train.RecipeDevice;
import carve.app.wiring.AppConfig;
import carve.app.wiring.AppContext;
import carve.runtime.train.Recipe;
import carve.runtime.train.RecipeResult;
import carve.runtime.train.RecipeRunner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.ParseResult;

/** The execution of recipes for {@code train}, {@code distill} and {@code demo}. */
public final class RecipeExecution {
    private RecipeExecution() {}

    /** Runs a recipe. */
    @FunctionalInterface
    interface RecipeAction {
        /** Returns the result. */
        RecipeResult run(RecipeRunner runner, Recipe recipe) throws IOException;
    }

    /** Returns the recipe of a command line. */
    static Recipe read(AppContext appContext, String name) {
        return Recipe.read(
                name,
                new Presets(appContext.platform())::load,
                AppConfig.overrides(appContext.globalOptions().overrides(), false));
    }

    /** Returns what runs recipes on the device that a recipe asks for. */
    public static RecipeRunner runner(AppContext appContext, Recipe recipe) {
        appContext.selectDevice(
                RecipeDevice.of(recipe.settings(), appContext.defaultDeviceSelector(), appContext.globalOptions()));
        Terminal terminal = appContext.terminal();
        return new RecipeRunner(
                appContext.catalogs(), appContext.device(), (title, unit) -> new ProgressBar(terminal, title, unit));
    }

    /** Runs the recipe of a command line; when the process is interrupted, says how to resume. */
    static void runInterruptibly(
            AppContext appContext, String command, ParseResult arguments, RecipeAction recipeAction)
            throws IOException {
        String name = CommandOptions.parameter(arguments, 0);
        Recipe recipe = read(appContext, name);
        Thread hook = new Thread(() -> appContext
                .terminal()
                .printMessage("%ncarve: stopped; carve %s %s --resume continues from the last checkpoint"
                        .formatted(command, name)));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            RecipeResult result = recipeAction.run(runner(appContext, recipe), recipe);
            print(appContext.terminal(), result.stages());
            Path model = result.model();
            appContext.terminal().println("wrote " + model);
        } finally {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }

    /** Prints a line for each stage. */
    public static void print(Terminal terminal, List<StageResult> results) {
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
