package carve.app.cli;

import carve.app.wiring.AppContext;
import java.io.IOException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve train}. */
final class TrainCommand implements Command {
    @Override
    public CommandSpec commandSpec() {
        return CommandOptions.of(
                        this,
                        "train",
                        "Train a model from answers, as a recipe says. A teacher is made so.",
                        "The recipe names the 'model' (a folder, with weights or without), 'data', 'stages', and 'out', the folder of"
                                + " the run.")
                .parameter(String.class, "RECIPE", "File with the recipe, or the name of a preset.")
                .flag("--resume", "Continue an interrupted run from its last checkpoint.")
                .example("carve train teacher.conf")
                .example("carve train teacher.conf --resume")
                .example("carve train teacher.conf -Dout=runs/other -Dseed=7")
                .build();
    }

    @Override
    public boolean logsProgress() {
        return true;
    }

    @Override
    public int run(ParseResult arguments, AppContext appContext) throws IOException {
        RecipeExecution.runInterruptibly(
                appContext,
                "train",
                arguments,
                (runner, recipe) -> runner.train(recipe, CommandOptions.hasFlag(arguments, "--resume")));
        return 0;
    }
}
