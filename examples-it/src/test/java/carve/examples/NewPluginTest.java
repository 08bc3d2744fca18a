package carve.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * New plugins, from an empty folder to a generated answer: {@code plugins new}, build, install, plan, distil, generate. The
 * mixer is built alone, with the wrapper that was written for it and without a network; the other kinds are not installed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class NewPluginTest {
    private static final List<String> KINDS = List.of("loss", "stage", "device", "family");

    // a module whose name ends in a digit, and classes that would hide those of the JDK
    private static final Map<String, String> ODD_NAMES = Map.of("mamba3", "mixer", "list", "mixer", "string", "loss");

    private DistillationWorkflow distillationWorkflow;
    private ExternalWorkspace externalWorkspace;

    @BeforeAll
    void writeAndBuild() throws IOException, InterruptedException {
        distillationWorkflow = new DistillationWorkflow("stranger");
        externalWorkspace = distillationWorkflow.workspace();
        externalWorkspace.carve("plugins", "new", "my-mixer", "--kind", "mixer");
        for (String kind : KINDS) {
            externalWorkspace.carve("plugins", "new", "my-" + kind, "--kind", kind, "--package", "com.acme.my" + kind);
        }
        for (Map.Entry<String, String> plugin : ODD_NAMES.entrySet()) {
            externalWorkspace.carve("plugins", "new", plugin.getKey(), "--kind", plugin.getValue());
        }
        externalWorkspace.buildWithWrapper("my-mixer");
        externalWorkspace.buildWithMaven(built().toList());
        externalWorkspace.carve("plugins", "install", "my-mixer/target/plugins/my-mixer");
    }

    private static Stream<String> built() {
        return Stream.concat(KINDS.stream().map("my-"::concat), ODD_NAMES.keySet().stream());
    }

    // options that name the plugins that are built and not installed
    private static String[] trying(String... options) {
        Stream<String> folders = built().map("%s/target/plugins"::formatted);
        return Stream.of(Stream.of(options), Stream.of("--plugins"), folders)
                .flatMap(words -> words)
                .toArray(String[]::new);
    }

    /** The sources of a new mixer: a class, a module-info, a reference.conf and a short test. */
    @Test
    void mixerIsOneClass() throws IOException {
        Path build = externalWorkspace.folder().resolve("my-mixer/src");
        try (Stream<Path> files = Files.walk(build)) {
            assertEquals(
                    Set.of(
                            "main/java/module-info.java",
                            "main/java/org/example/mymixer/MyMixer.java",
                            "main/resources/reference.conf",
                            "test/java/org/example/mymixer/MyMixerTest.java"),
                    files.filter(Files::isRegularFile)
                            .map(file -> build.relativize(file).toString())
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
        Path test = build.resolve("test/java/org/example/mymixer/MyMixerTest.java");
        assertEquals(12, Files.readAllLines(test).size());
    }

    @Test
    void everyKindIsThere() throws IOException, InterruptedException {
        String listed = externalWorkspace.carve(trying("plugins", "list"));
        for (String name : Stream.concat(Stream.of("my-mixer"), built()).toList()) {
            assertTrue(listed.lines().anyMatch(line -> line.matches("    [a-z ]+  " + name)), name + " in " + listed);
        }
    }

    @Test
    void hybridWithTheMixerIsDistilledAndAsked() throws IOException, InterruptedException {
        distillationWorkflow.distilHybrid("my-mixer");
    }

    @Test
    void studentLearnsByTheLoss() throws IOException, InterruptedException {
        distillationWorkflow.generateAnswer(
                distillationWorkflow.distil("loss", "mamba2", "{ type = my-loss, site = logits }", trying()));
    }

    @Test
    void modelOfTheFamilyIsTrainedByTheStageAndAskedOnTheDevice() throws IOException, InterruptedException {
        Path recipe = externalWorkspace.folder().resolve("family.conf");
        Files.writeString(recipe, """
                model = my-family/model
                out   = runs/family
                data { type = llava, file = my-family/data.json }
                stages = [{ name = answers, type = my-stage, steps = 3 }]
                """);
        externalWorkspace.carve(trying("train", recipe.toString()));
        distillationWorkflow.generateAnswer("runs/family/model", trying("--device", "my-device"));
    }
}
