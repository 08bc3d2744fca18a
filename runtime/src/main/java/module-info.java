/** The library that opens, converts, generates with, trains, evaluates and saves models. */
module carve.runtime {
    requires transitive carve.api;
    requires java.net.http; // for the hub
    requires jdk.management; // for the size of the machine's memory

    exports carve.runtime;
    exports carve.runtime.answers;
    exports carve.runtime.catalog;
    exports carve.runtime.convert;
    exports carve.runtime.device;
    exports carve.runtime.engine;
    exports carve.runtime.eval;
    exports carve.runtime.eval.quality;
    exports carve.runtime.eval.recall;
    exports carve.runtime.eval.suite;
    exports carve.runtime.gguf;
    exports carve.runtime.hub;
    exports carve.runtime.io;
    exports carve.runtime.memory;
    exports carve.runtime.model;
    exports carve.runtime.plan;
    exports carve.runtime.progress;
    exports carve.runtime.quantised;
    exports carve.runtime.safetensors;
    exports carve.runtime.train;

    uses carve.api.data.DatasetGenerator;
    uses carve.api.data.DatasetProvider;
    uses carve.api.decoder.DecoderArchitecture;
    uses carve.api.device.DeviceProvider;
    uses carve.api.device.KernelProvider;
    uses carve.api.loss.LossProvider;
    uses carve.api.mixer.MixerProvider;
    uses carve.api.model.ModelFamily;
    uses carve.api.stage.LearningRateScheduleProvider;
    uses carve.api.stage.OptimizerProvider;
    uses carve.api.stage.StageProvider;
    uses carve.runtime.catalog.ConfigFormat;
    uses carve.runtime.catalog.SettingsFormat;
}
