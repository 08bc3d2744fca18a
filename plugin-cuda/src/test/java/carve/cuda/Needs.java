package carve.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What a test needs of the machine it runs on. */
final class Needs {
    private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

    private Needs() {}

    /** Leaves the test out unless this is so, and prints the reason once: Maven prints none. */
    static void that(boolean so, String otherwise) {
        if (!so && SAID.add(otherwise)) {
            System.err.println("tests are left out: " + otherwise);
        }
        assumeTrue(so, otherwise);
    }

    /** Leaves the test out where the kernels cannot be compiled for the processor. */
    static void hostCompiler() {
        that(HostCompiler.isHere(), "no g++ on this machine, kernels are not run on the processor");
    }
}
