package carve.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The script {@code carve}, in a checkout of two modules whose Maven says that it was called. */
@DisabledOnOs(OS.WINDOWS)
final class LauncherTest {
    private static final Path ROOT = Path.of("..");
    private static final Instant BUILT = Instant.now().minusSeconds(1000);

    @TempDir
    private Path root;

    @BeforeEach
    void writeCheckout() throws IOException {
        for (String file : List.of("carve", ".mvn/find-jdk.sh")) {
            Path copy = root.resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(ROOT.resolve(file), copy);
        }
        write("mvnw", "#!/bin/sh\ntouch called\nmkdir -p app/target/carve\n");
        assertTrue(root.resolve("mvnw").toFile().setExecutable(true));
        write("pom.xml", """
                <project>
                  <modules>
                    <module>api</module>
                    <module>app</module>
                  </modules>
                </project>
                """);
        for (String module : List.of("api", "app", "my-plugin")) {
            write(module + "/pom.xml", "<project/>");
            write(module + "/src/main/java/A.java", "class A {}");
            write(module + "/target/lib/library.jar", "");
            write(module + "/target/test-classes/A.class", "");
        }
        write("app/target/carve/built", "");
    }

    // as old as the build, so that nothing is newer
    private void write(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        for (Path path = file; !path.equals(root); path = path.getParent()) {
            Files.setLastModifiedTime(path, FileTime.from(BUILT));
        }
    }

    private void edit(String name) throws IOException {
        Files.setLastModifiedTime(root.resolve(name), FileTime.from(BUILT.plusSeconds(10)));
    }

    // there is no program to start, so java fails
    private boolean builds() throws IOException, InterruptedException {
        Path out = root.resolve("out.txt");
        ProcessBuilder builder = new ProcessBuilder(root.resolve("carve").toString(), "devices")
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        assertEquals(1, builder.start().waitFor());
        boolean built = Files.exists(root.resolve("called"));
        assertEquals(built, Files.readString(out).contains("Building carve"), Files.readString(out));
        return built;
    }

    @Test
    void whatIsBuiltIsNotBuiltAgain() throws IOException, InterruptedException {
        assertFalse(builds());
    }

    @ParameterizedTest
    @ValueSource(strings = {"pom.xml", "api/pom.xml", "app/src/main/java/A.java", "api/src/main/java"})
    void anEditInAModuleOfCarveBuilds(String file) throws IOException, InterruptedException {
        edit(file);
        assertTrue(builds());
        assertFalse(Files.exists(root.resolve("api/target/test-classes")));
        assertEquals(!file.endsWith("pom.xml"), Files.exists(root.resolve("api/target/lib")));
        assertTrue(Files.exists(root.resolve("my-plugin/target/lib/library.jar")));
        assertTrue(Files.exists(root.resolve("my-plugin/target/test-classes/A.class")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"my-plugin/pom.xml", "my-plugin/src/main/java/A.java"})
    void anEditOfAPluginInTheCheckoutDoesNot(String file) throws IOException, InterruptedException {
        edit(file);
        assertFalse(builds());
    }
}
