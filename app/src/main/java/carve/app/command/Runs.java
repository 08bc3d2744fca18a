package carve.app.command;

import carve.app.work.AppConfig;
import carve.app.work.Recipe;
import carve.app.work.Resources;
import carve.app.work.Workshop;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.ParseResult;

/** What {@code train} and {@code distill} share. */
final class Runs {
    private Runs() {}

    /** Runs a recipe. */
    @FunctionalInterface
    interface Run {
        /** Returns the folder of the result. */
        Path of(Recipe recipe) throws IOException;
    }

    /** Runs the recipe of a command line; when the process is interrupted, it says how to go on. */
    static Path interruptible(Workshop workshop, String command, ParseResult arguments, Run run) throws IOException {
        String name = Arguments.parameter(arguments, 0);
        Recipe recipe = Recipe.read(
                name,
                new Resources(workshop.platform()),
                AppConfig.overrides(workshop.globals().overrides(), false));
        Thread hook = new Thread(() -> workshop.terminal()
                .remark("%ncarve: stopped; carve %s %s --resume goes on from the last checkpoint"
                        .formatted(command, name)));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return run.of(recipe);
        } finally {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }
}
