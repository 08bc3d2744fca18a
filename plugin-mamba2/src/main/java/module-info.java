/** Mamba-2 as a mixer. */
@SuppressWarnings("module") // the paper's name ends in a digit, and so does ours
module carve.mamba2 {
    requires transitive carve.api;
}
