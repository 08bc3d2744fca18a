/** Softmax attention as a mixer. */
module carve.attention {
    requires transitive carve.api;
}
