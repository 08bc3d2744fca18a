/** Contracts that every implementation of the SPIs must keep, and small models to try them on. */
module carve.testkit {
    requires transitive carve.runtime;
    requires transitive org.junit.jupiter.api;

    exports carve.testkit;
    exports carve.testkit.fuzz;
    exports carve.testkit.fuzz.http;
}
