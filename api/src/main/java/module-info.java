/** The SPIs of Carve, its tensors, and what it reads and writes. */
module carve.api {
    exports carve.api;
    exports carve.api.checkpoint;
    exports carve.api.config;
    exports carve.api.data;
    exports carve.api.decoder;
    exports carve.api.device;
    exports carve.api.device.kit;
    exports carve.api.experts;
    exports carve.api.gguf;
    exports carve.api.io;
    exports carve.api.json;
    exports carve.api.loss;
    exports carve.api.mixer;
    exports carve.api.model;
    exports carve.api.op;
    exports carve.api.param;
    exports carve.api.stage;
    exports carve.api.tensor;
    exports carve.api.text;
}
