/** The SPIs of Carve, its tensors, and what it reads and writes. */
module carve.api {
    exports carve.api.checkpoint;
    exports carve.api.config;
    exports carve.api.device;
    exports carve.api.op;
    exports carve.api.tensor;
}
