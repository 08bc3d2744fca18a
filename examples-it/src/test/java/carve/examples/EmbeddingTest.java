package carve.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The program that embeds Carve, built in an empty folder against the artifacts, and run on the class path and on the module path. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EmbeddingTest {
    private static final String MAIN = "examples.embedding.Embedding";
    private static final String TEACHER =
            PublishedArtifacts.ROOT.resolve("demo/teacher").toString();
    private static final String QUESTION = "what is it";

    private ExternalWorkspace workspace;

    @BeforeAll
    void build() throws IOException, InterruptedException {
        workspace = new ExternalWorkspace(Path.of("target", "embedding"));
        workspace.copyExample("embedding");
        workspace.buildWithMaven(List.of("embedding"));
        Files.writeString(
                workspace.folder().resolve("plan.yaml"),
                "model:\n  layers_block_type: [mha, mamba2, mamba2, mha, mamba2, mamba2]\n");
    }

    @Test
    void runsOnTheClassPath() throws IOException, InterruptedException {
        check(run(
                List.of(TEACHER, "class-path", QUESTION, "plan.yaml"),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                "embedding/target/modules/*:embedding/target/libraries/*",
                MAIN));
    }

    @Test
    void runsOnTheModulePath() throws IOException, InterruptedException {
        check(run(
                List.of(TEACHER, "module-path", QUESTION),
                "--enable-native-access=ALL-UNNAMED,carve.api,carve.cpu",
                "-p",
                "embedding/target/modules",
                "-cp",
                "embedding/target/libraries/*",
                "-m",
                "examples.embedding/" + MAIN));
    }

    @Test
    void plansInYamlAreReadOnTheModulePath() throws IOException, InterruptedException {
        check(run(
                List.of(TEACHER, "yaml", QUESTION, "plan.yaml"),
                "--enable-native-access=ALL-UNNAMED,carve.api,carve.cpu",
                "-p",
                "embedding/target/modules",
                "-cp",
                "embedding/target/libraries/*",
                "-m",
                "examples.embedding/" + MAIN));
    }

    private List<String> run(List<String> arguments, String... options) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(options));
        line.addAll(arguments);
        return workspace.java(line).lines().filter(text -> !text.isEmpty()).toList();
    }

    private void check(List<String> printed) throws IOException, InterruptedException {
        String answer = workspace.carve("generate", TEACHER, "--prompt", QUESTION, "--greedy", "--max-tokens", "12");
        assertEquals(answer.strip(), printed.getFirst());
        assertTrue(
                printed.get(1).matches("teacher: " + answer.strip() + " \\(\\d+ tokens, (STOP|LENGTH)\\)"),
                printed::toString);
        assertTrue(printed.get(2).startsWith("student: "), printed::toString);
        assertTrue(printed.get(3).matches("logits: 3 steps, loss \\d+\\.\\d+ to \\d+\\.\\d+"), printed::toString);
        assertTrue(printed.get(4).startsWith("trained: "), printed::toString);
        assertEquals("questions: 9", printed.get(5));
    }
}
