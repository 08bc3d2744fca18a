package carve.cuda;

/** What a test needs of the machine it runs on. */
final class Needs {
    private Needs() {}

    /** Leaves the test out unless this is so, and prints the reason once: Maven prints none. */
    static void that(boolean so, String otherwise) {
        carve.testkit.Needs.that(so, otherwise);
    }

    /** Leaves the test out where the kernels cannot be compiled for the processor. */
    static void hostCompiler() {
        that(HostCompiler.isHere(), "no g++ on this machine, kernels are not run on the processor");
    }
}
