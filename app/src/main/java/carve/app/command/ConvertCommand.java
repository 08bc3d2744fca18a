package carve.app.command;

import carve.api.config.MapSettings;
import carve.api.config.TreeSettings;
import carve.api.model.ModelFolder;
import carve.app.work.Converting;
import carve.app.work.Plans;
import carve.app.work.Recipe;
import carve.app.work.Resources;
import carve.app.work.Workshop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve convert}. */
final class ConvertCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "convert",
                        "Make a student of a teacher: other mixers where the plan says so, seeded from the attention that was there.",
                        "Tensor by tensor, so the model need not fit into memory. Every tensor is accounted for.")
                .parameter(Path.class, "TEACHER", "Folder of the teacher.")
                .required("--plan", String.class, "PLAN", "File with a plan or a recipe, or the name of a preset.")
                .required("--out", Path.class, "STUDENT", "Folder to write.")
                .option(
                        "--previous-checkpoint",
                        Path.class,
                        "FOLDER",
                        "An earlier student: what is converted there already is taken from it.")
                .option("--seed", Long.class, "N", "Seed of new parameters; 42 if not given.")
                .example("carve convert models/hovle --plan mmmamba-hybrid --out models/student")
                .example("carve convert models/hovle --plan my-plan.conf --out models/student --seed 7")
                .example(
                        "carve convert models/llava --plan 25.conf --previous-checkpoint runs/12/student --out models/25")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) throws IOException {
        Path out = Arguments.get(arguments, "--out", Path.of("student"));
        try (ModelFolder teacher = workshop.open(Arguments.parameter(arguments, 0))) {
            var named = Plans.find(Arguments.get(arguments, "--plan", ""), new Resources(workshop.platform()));
            workshop.choose(Recipe.device(named, workshop.usual(), workshop.globals()));
            var plan = continuing(named, Arguments.get(arguments, "--previous-checkpoint", Path.of("")));
            new Converting(workshop).convert(teacher, plan, Arguments.get(arguments, "--seed", 42L), out, true);
        }
        workshop.terminal().println("wrote " + out);
        return 0;
    }

    private static TreeSettings continuing(TreeSettings plan, Path earlier) {
        return earlier.toString().isEmpty()
                ? plan
                : new TreeSettings(
                                MapSettings.of(Map.of(Converting.EARLIER, earlier.toString()), "--previous-checkpoint")
                                        .take())
                        .over(plan);
    }
}
