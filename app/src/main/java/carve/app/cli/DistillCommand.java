package carve.app.cli;

import carve.app.train.RecipeExecution;
import jakarta.inject.Inject;
import java.io.IOException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve distill}. */
final class DistillCommand implements Command {
    private final RecipeExecution recipeExecution;

    @Inject
    DistillCommand(RecipeExecution recipeExecution) {
        this.recipeExecution = recipeExecution;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.ofLongRunning(
                        DistillCommand.class,
                        "distill",
                        "Distil a student from a teacher, in the stages of a recipe.",
                        "The recipe names the 'teacher', a plan or a 'student', 'data', 'stages', and 'out', the folder of the run. With"
                                + " 'preset' it builds on another.")
                .parameter(String.class, "RECIPE", "File with the recipe, or the name of a preset.")
                .flag(ResumeOptions.RESUME, ResumeOptions.RESUME_DESCRIPTION)
                .flag(ResumeOptions.CHANGED_FILES, ResumeOptions.CHANGED_FILES_DESCRIPTION)
                .example("carve distill hybrid.conf")
                .example("carve distill hybrid.conf --resume")
                .example("carve distill mmmamba-hybrid -Dteacher=models/hovle -Dout=runs/hybrid -Ddata.file=train.json")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        recipeExecution.runInterruptibly(
                "distill",
                CommandOptions.parameter(arguments, 0),
                (runner, recipe) -> runner.distill(recipe, ResumeOptions.read(arguments)));
        return 0;
    }
}
