package carve.app.cli;

import carve.app.plugin.Presets;
import carve.app.train.Recipe;
import carve.app.wiring.AppConfig;
import carve.app.wiring.AppContext;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.ParseResult;

/** What {@code train} and {@code distill} share. */
final class RecipeExecution {
    private RecipeExecution() {}

    /** Runs a recipe. */
    @FunctionalInterface
    interface RecipeAction {
        /** Returns the folder of the result. */
        Path run(Recipe recipe) throws IOException;
    }

    /** Runs the recipe of a command line; when the process is interrupted, it says how to go on. */
    static Path runInterruptibly(
            AppContext appContext, String command, ParseResult arguments, RecipeAction recipeAction)
            throws IOException {
        String name = CommandOptions.parameter(arguments, 0);
        Recipe recipe = Recipe.read(
                name,
                new Presets(appContext.platform()),
                AppConfig.overrides(appContext.globalOptions().overrides(), false));
        Thread hook = new Thread(() -> appContext
                .terminal()
                .printMessage("%ncarve: stopped; carve %s %s --resume goes on from the last checkpoint"
                        .formatted(command, name)));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return recipeAction.run(recipe);
        } finally {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }
}
