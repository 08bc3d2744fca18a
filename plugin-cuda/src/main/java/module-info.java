/** The NVIDIA device. */
module carve.cuda {
    requires transitive carve.api;
}
