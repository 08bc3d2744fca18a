package carve.app.cli;

import carve.app.train.RecipeExecution;
import jakarta.inject.Inject;
import java.io.IOException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve train}. */
final class TrainCommand implements Command {
    private final RecipeExecution recipeExecution;

    @Inject
    TrainCommand(RecipeExecution recipeExecution) {
        this.recipeExecution = recipeExecution;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.ofLongRunning(
                        TrainCommand.class,
                        "train",
                        "Train a model, such as a teacher, on the data of a recipe.",
                        "The recipe names the 'model' (a folder, with weights or without), 'data', 'stages', and 'out', the folder of"
                                + " the run.")
                .parameter(String.class, "RECIPE", "File with the recipe, or the name of a preset.")
                .flag(ResumeOptions.RESUME, ResumeOptions.RESUME_DESCRIPTION)
                .flag(ResumeOptions.CHANGED_FILES, ResumeOptions.CHANGED_FILES_DESCRIPTION)
                .example("carve train teacher.conf")
                .example("carve train teacher.conf --resume")
                .example("carve train teacher.conf -Dout=runs/other -Dseed=7")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        recipeExecution.runInterruptibly(
                "train",
                CommandOptions.parameter(arguments, 0),
                (runner, recipe) -> runner.train(recipe, ResumeOptions.read(arguments)));
        return 0;
    }
}
