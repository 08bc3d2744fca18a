package carve.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that methods in the code of pages and of Javadoc, written as {@code Type.method(}, exist if the type is one of ours. */
final class CodeReferencesTest {
    private static final Pattern COMMENT = Pattern.compile("/\\*\\*.*?\\*/", Pattern.DOTALL);
    private static final Pattern CALL = Pattern.compile("\\b([A-Z]\\w*)\\.(\\w+)\\(");

    // its messages are about methods of other versions
    private static final String VERSIONS = "compatibility.md";

    @Test
    void calledMethodsExist() throws IOException {
        Map<String, String> code = new HashMap<>();
        Map<Path, String> texts = new HashMap<>();
        for (Path source : sources()) {
            String text = Files.readString(source);
            String type = source.getFileName().toString().replace(".java", "");
            code.merge(type, COMMENT.matcher(text).replaceAll(""), String::concat);
            texts.put(
                    source,
                    String.join(
                            "",
                            COMMENT.matcher(text)
                                    .results()
                                    .map(MatchResult::group)
                                    .toList()));
        }
        for (Path page : Project.pages()) {
            texts.put(page, page.endsWith(VERSIONS) ? "" : Files.readString(page));
        }
        assertFalse(code.isEmpty());
        List<String> missing = new ArrayList<>();
        texts.forEach((file, text) -> CALL.matcher(text)
                .results()
                .filter(call -> code.containsKey(call.group(1)))
                .filter(call -> !declares(code.get(call.group(1)), call.group(1), call.group(2)))
                .forEach(call -> missing.add(
                        "%s: %s.%s".formatted(Project.ROOT.relativize(file), call.group(1), call.group(2)))));
        assertEquals(List.of(), missing.stream().distinct().sorted().toList());
    }

    // a method, or a component of a record
    private static boolean declares(String source, String type, String method) {
        String component = "record %s(<[^>]*>)?\\([^{]*\\b%s\\b[^{]*\\{".formatted(type, method);
        return Pattern.compile("\\b%s\\(|%s".formatted(method, component))
                .matcher(source)
                .find();
    }

    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (Path module : Project.modules()) {
            Path folder = module.resolve("src/main/java");
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.walk(folder)) {
                    files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
                }
            }
        }
        return sources;
    }
}
