package carve.examples;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A short distillation of the demo's teacher with an installed plugin, and a question to the student. */
final class DistillationWorkflow {
    private static final String TEACHER =
            PublishedArtifacts.ROOT.resolve("demo/teacher").toString();

    private final ExternalWorkspace externalWorkspace;

    /** Begins in an empty folder, with some pictures. */
    DistillationWorkflow(String folder) throws IOException, InterruptedException {
        externalWorkspace = new ExternalWorkspace(Path.of("target", folder));
        externalWorkspace.carve(
                "data",
                "shapes",
                "--out",
                "shapes",
                "-Dimage-size=48",
                "-Dlight-background-percent=0",
                "-Dmax-shapes=3",
                "-Dmax-recall-pairs=8",
                "-Dtrain-scenes=8",
                "-Dtest-scenes=1");
    }

    ExternalWorkspace workspace() {
        return externalWorkspace;
    }

    /** Makes a hybrid of one layer of attention and three of a mixer, and so on, in two stages of two steps. */
    String distil(String run, String mixer, String losses, String... options) throws IOException, InterruptedException {
        Path recipe = externalWorkspace.folder().resolve(run + ".conf");
        Files.writeString(recipe, """
                teacher = "%s"
                out     = runs/%s
                repeat  = [attention, "%s x3"]
                data { type = llava, file = shapes/train.json }
                stages = [
                  { name = align, type = distill, inputs = teacher
                    train  = ["layers.*.mixer.**", "!layers.*.mixer.o_proj.**"]
                    losses = [{ type = mean-squared-error, site = heads, weight = 10 }]
                    steps = 2, batch-size = 2, tensorboard = false }
                  { name = logits, type = distill, train = ["layers.*.mixer.**"], losses = [%s]
                    steps = 2, batch-size = 2, tensorboard = false }
                ]
                """.formatted(TEACHER, run, mixer, losses));
        String shown = externalWorkspace.carve(with(options, "distill", recipe.toString()));
        assertTrue(shown.contains("wrote runs/" + run + "/student"), shown);
        assertTrue(shown.lines().anyMatch(line -> line.startsWith("logits ")), shown);
        assertFalse(shown.contains("NaN"), shown);
        return "runs/" + run + "/student";
    }

    /** Makes such a hybrid, looks whether it has the mixer, and asks it. */
    void distilHybrid(String mixer) throws IOException, InterruptedException {
        String student = distil(mixer, mixer, "{ type = kl }");
        String inspected = externalWorkspace.carve("inspect", student);
        assertTrue(inspected.contains("mixers      attention x2, %s x4%n".formatted(mixer)), inspected);
        generateAnswer(student);
    }

    /** Asks a model, greedily. */
    void generateAnswer(String model, String... options) throws IOException, InterruptedException {
        String[] line = {"generate", model, "--prompt", "what is it", "--max-tokens", "6", "--temperature", "0"};
        assertFalse(externalWorkspace.carve(with(options, line)).isEmpty(), "an answer");
    }

    private static String[] with(String[] options, String... line) {
        return Stream.concat(Stream.of(line), Stream.of(options)).toArray(String[]::new);
    }
}
