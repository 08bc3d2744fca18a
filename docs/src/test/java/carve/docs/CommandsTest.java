package carve.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Commands that the documentation shows are commands of the program. */
final class CommandsTest {
    private static final Pattern SHOWN =
            Pattern.compile("(?:^ {4}|`|^)(?:\\./)?carve ([a-z][a-z-]*)", Pattern.MULTILINE);
    private static final Pattern LISTED = Pattern.compile("^  ([a-z][a-z-]*)(?:,? |$)", Pattern.MULTILINE);

    private static Set<String> commands() throws IOException, InterruptedException {
        Path program = Project.ROOT.resolve("app/target/carve");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + program.resolve("carve.args"),
                "-Dcarve.home=" + program,
                "-p",
                program.resolve("modules").toString(),
                "-m",
                "carve.app/carve.app.Main",
                "--help"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String help = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), help);
        return LISTED.matcher(help)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void commandsExist() throws IOException, InterruptedException {
        Set<String> commands = commands();
        assertFalse(commands.isEmpty());
        var unknown = new TreeSet<String>();
        for (Path page : Project.pages()) {
            SHOWN.matcher(Files.readString(page))
                    .results()
                    .map(match -> match.group(1))
                    .forEach(shown -> {
                        if (!commands.contains(shown)) {
                            unknown.add("%s: carve %s".formatted(Project.ROOT.relativize(page), shown));
                        }
                    });
        }
        assertEquals(new TreeSet<>(), unknown);
    }
}
