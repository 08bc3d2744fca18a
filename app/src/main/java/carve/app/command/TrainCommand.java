package carve.app.command;

import carve.app.work.Training;
import carve.app.work.Workshop;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve train}. */
final class TrainCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "train",
                        "Train a model from answers, as a recipe says. A teacher is made so.",
                        "The recipe names the 'model' (a folder, with weights or without), 'data', 'stages', and 'out', the folder of"
                                + " the run.")
                .parameter(String.class, "RECIPE", "File with the recipe, or the name of a preset.")
                .flag("--resume", "Go on where an interrupted run stopped.")
                .example("carve train teacher.conf")
                .example("carve train teacher.conf --resume")
                .example("carve train teacher.conf -Dout=runs/other -Dseed=7")
                .build();
    }

    @Override
    public boolean chatty() {
        return true;
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) throws IOException {
        Path result = Runs.interruptible(
                workshop,
                "train",
                arguments,
                recipe -> new Training(workshop).train(recipe, Arguments.flagged(arguments, "--resume")));
        workshop.terminal().println("wrote " + result);
        return 0;
    }
}
