package carve.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Tests that the methods of this module that the launcher gives to the compiler's options exist: the JVM ignores unknown ones. */
final class CompileCommandTest {
    private static final Pattern METHOD = Pattern.compile("-XX:CompileCommand=\\w+,([\\w.]+)::(\\w+)");

    @Test
    void namedMethodsExist() throws IOException, ClassNotFoundException {
        List<MatchResult> methods = METHOD.matcher(Files.readString(Path.of("../app/src/main/dist/carve.args")))
                .results()
                .toList();
        assertFalse(methods.isEmpty());
        for (MatchResult method : methods) {
            List<String> declared = Arrays.stream(Class.forName(method.group(1)).getDeclaredMethods())
                    .map(Method::getName)
                    .filter(method.group(2)::equals)
                    .toList();
            assertEquals(List.of(method.group(2)), declared, method.group());
        }
    }
}
