package carve.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.jar.JarFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that published artifacts have all that other builds and Maven Central require. */
final class PublishedArtifactsTest {
    @ParameterizedTest
    @FieldSource("carve.examples.PublishedArtifacts#MODULES")
    void pomStandsAlone(String module) throws IOException {
        String pom = Files.readString(PublishedArtifacts.pom(module));
        assertFalse(pom.contains("<parent>"), "a foreign build does not need our parent");
        assertFalse(pom.contains("${"), "nothing is left to be filled in");
        for (String element :
                List.of("name", "description", "url", "licenses", "developers", "scm", "groupId", "version")) {
            assertTrue(pom.contains("<" + element), element + " is there");
        }
        assertEquals(!module.equals("api"), pom.contains("<dependencies>"), "the api needs nothing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"api", "testkit", "runtime", "cpu"})
    void sourcesAndDocumentationLieBeside(String module) throws IOException {
        String path = "carve/" + module;
        try (JarFile sources = new JarFile(
                        PublishedArtifacts.built(module, "-sources.jar").toFile());
                JarFile documentation = new JarFile(
                        PublishedArtifacts.built(module, "-javadoc.jar").toFile())) {
            assertTrue(sources.stream().anyMatch(entry -> entry.getName().equals("module-info.java")));
            assertTrue(sources.stream().anyMatch(entry -> entry.getName().startsWith(path)));
            assertTrue(documentation.stream()
                    .anyMatch(entry -> entry.getName().equals("carve.%s/module-summary.html".formatted(module))));
        }
    }
}
