package carve.app.acceptance;

import java.nio.file.Path;
import org.junit.jupiter.api.RepeatedTest;

/** A process may load the plugins as often as it likes: a server takes up a new version while sessions keep the old one. */
final class TwoLoadsTest {
    private static final String MODEL = Path.of("..", "demo", "teacher").toString();

    @RepeatedTest(2)
    void tokenizersOfEachLoadBringTheirNatives() {
        new Program().good("generate", MODEL, "--prompt", "count", "--max-tokens", "1");
    }
}
