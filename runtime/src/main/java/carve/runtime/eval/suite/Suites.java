package carve.runtime.eval.suite;

import carve.api.config.NameSuggestions;
import java.util.List;

/** All suites. */
public final class Suites {
    private static final List<Suite> ALL = List.of(
            new Pope(),
            new Mme(),
            new ScienceQa(),
            new TextVqa(),
            new Gqa(),
            new MmBench(),
            new SeedBench(),
            new MmVet());

    private Suites() {}

    /** Returns the suites. */
    public static List<Suite> all() {
        return ALL;
    }

    /** Returns their names. */
    public static List<String> names() {
        return ALL.stream().map(Suite::name).toList();
    }

    /**
     * Returns the suite of a name.
     *
     * @throws SuiteException if there is none
     */
    public static Suite of(String name) {
        return ALL.stream()
                .filter(suite -> suite.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new SuiteException(NameSuggestions.unknown("suite", name, names())));
    }
}
