package carve.testkit;

import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Assumptions;

/** The requirements of tests on the machine, with the reason logged. */
public final class LoggedAssumptions {
    // tests may have it on their class path, where it has no module
    private static final System.Logger LOG = System.getLogger("carve.testkit");
    private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

    private LoggedAssumptions() {}

    /** Skips the test unless the condition holds, and logs the reason once, since Maven does not. */
    public static void assumeTrue(boolean so, String otherwise) {
        if (!so && SAID.add(otherwise)) {
            LOG.log(Level.WARNING, "tests are left out: {0}", otherwise);
        }
        Assumptions.assumeTrue(so, otherwise);
    }
}
