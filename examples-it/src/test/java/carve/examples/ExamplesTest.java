package carve.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples, each copied out of this build, compiled and tested against the artifacts, installed, and worked with. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ExamplesTest {
    private static final List<String> EXAMPLES =
            List.of("retention", "sliding-window", "cohere2", "focal-kl", "counting-device");

    private DistillationWorkflow distillationWorkflow;
    private ExternalWorkspace externalWorkspace;

    @BeforeAll
    void buildAndInstall() throws IOException, InterruptedException {
        distillationWorkflow = new DistillationWorkflow("examples");
        externalWorkspace = distillationWorkflow.workspace();
        for (String example : EXAMPLES) {
            externalWorkspace.copyExample(example);
        }
        externalWorkspace.buildWithMaven(EXAMPLES);
        for (String example : EXAMPLES) {
            externalWorkspace.carve("plugins", "install", example + "/target/plugins/" + example);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"retention", "sliding-window"})
    void hybridWithTheMixerIsDistilledAndAsked(String mixer) throws IOException, InterruptedException {
        distillationWorkflow.distilHybrid(mixer);
        // by the kernels of the device, and for the op of retention by the plugin's own
        distillationWorkflow.generateAnswer("runs/%s/student".formatted(mixer), "--require", "kernels");
    }

    @Test
    void studentLearnsByTheLoss() throws IOException, InterruptedException {
        distillationWorkflow.generateAnswer(
                distillationWorkflow.distil("focal-kl", "mamba2", "{ type = focal-kl, gamma = 1 }"));
    }

    @Test
    void deviceCountsWhatIsDone() throws IOException, InterruptedException {
        String student = distillationWorkflow.distil("counting", "mamba2", "{ type = kl }", "--device", "counting");
        List<String> counts = Files.readAllLines(externalWorkspace.folder().resolve("counts.txt"));
        for (String op :
                List.of("linear", "linear backward", "decay-scan", "decay-scan backward", "softmax-attention")) {
            assertTrue(counts.stream().anyMatch(line -> line.matches(op + " +[1-9][0-9]*")), op + " in " + counts);
        }
        distillationWorkflow.generateAnswer(student, "--device", "counting");
    }

    @Test
    void pluginsHaveDifferentVersionsOfOneLibrary() throws IOException, InterruptedException {
        String loaders = externalWorkspace.runWithProgram(
                PrintClassOrigins.class, "installed", "org.apache.commons.lang3.StringUtils");
        assertEquals("""
                examples.cohere none
                examples.countingdevice commons-lang3-3.18.0.jar
                examples.focalkl none
                examples.retention none
                examples.slidingwindow commons-lang3-3.12.0.jar
                program none
                """, loaders.lines().sorted().distinct().collect(Collectors.joining("\n", "", "\n")));
    }
}
