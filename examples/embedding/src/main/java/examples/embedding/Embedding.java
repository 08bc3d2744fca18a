package examples.embedding;

import carve.runtime.Carve;
import carve.runtime.Generation;
import carve.runtime.Model;
import carve.runtime.Prompt;
import carve.runtime.Sampling;
import carve.runtime.eval.EvaluationConfig;
import carve.runtime.eval.ExactMatchEvaluation;
import carve.runtime.plan.Plan;
import carve.runtime.progress.Progress;
import carve.runtime.train.Recipe;
import carve.runtime.train.RecipeResult;
import java.io.IOException;
import java.nio.file.Path;

/** A program that uses Carve as a library: it asks a model, converts it, trains the student for a few steps and asks that. */
public final class Embedding {
    private static final String PLAN = """
            mixers { mamba2 { type = mamba2, conv-width = 2 } }
            repeat = [keep, mamba2 x2]
            """;
    private static final Sampling SAMPLING = Sampling.greedy().withMaxTokens(12);

    private Embedding() {}

    /**
     * Runs the program.
     *
     * @param arguments the teacher's folder, an empty folder for results, the question, and perhaps a file with the plan of the
     *     student, in HOCON, or another project's {@code config.json} or YAML
     */
    public static void main(String[] arguments) throws IOException {
        Path out = Path.of(arguments[1]);
        Prompt prompt = Prompt.user(arguments[2]);
        try (Carve carve = Carve.builder().device("cpu").open();
                Model teacher = carve.load(Path.of(arguments[0]))) {
            print("teacher", teacher.generate(prompt, SAMPLING, piece -> System.out.print(piece.text())));
            try (Model student = carve.convert(teacher, plan(carve, arguments))) {
                student.save(out.resolve("student"));
                print("student", student.generate(prompt, SAMPLING));
            }
            RecipeResult result = carve.train(recipe(carve, Path.of(arguments[0]), out), Progress.NONE);
            result.stages()
                    .forEach(stage -> System.out.printf(
                            "%s: %d steps, loss %.3f to %.3f%n",
                            stage.stage(), stage.steps(), stage.firstLoss(), stage.lastLoss()));
            try (Model trained = carve.load(result.model())) {
                print("trained", trained.generate(prompt, SAMPLING));
                ExactMatchEvaluation.Result score =
                        trained.evaluate(out.resolve("shapes/test.json"), new EvaluationConfig(8, 12), Progress.NONE);
                System.out.println("questions: " + score.overall().total());
            }
        }
    }

    private static Plan plan(Carve carve, String... arguments) {
        return arguments.length < 4 ? carve.parsePlan(PLAN) : carve.readPlan(Path.of(arguments[3]));
    }

    private static Recipe recipe(Carve carve, Path teacher, Path out) {
        String data = "image-size = 48, light-background-percent = 0, max-shapes = 3, max-recall-pairs = 8,"
                + " train-scenes = 8, test-scenes = 1";
        carve.generateDataset("shapes", data, out.resolve("shapes"), Progress.NONE);
        return carve.parseRecipe(
                """
                teacher = "%s"
                student = "%s"
                out     = "%s"
                data { type = llava, file = "%s" }
                stages = [{
                  name = logits, type = distill, train = ["layers.*.mixer.**"], losses = [{ type = kl }]
                  steps = 3, batch-size = 2, tensorboard = false
                }]
                """.formatted(teacher, out.resolve("student"), out.resolve("run"), out.resolve("shapes/train.json")));
    }

    private static void print(String name, Generation generation) {
        System.out.printf(
                "%n%s: %s (%d tokens, %s)%n",
                name, generation.text(), generation.tokens().size(), generation.finishReason());
    }
}
