/** Settings in HOCON, and catalogs of providers with the defaults of their settings. */
module carve.hocon {
    requires transitive carve.api;
    requires typesafe.config;

    exports carve.hocon;

    uses carve.api.device.DeviceProvider;
    uses carve.api.device.KernelProvider;
    uses carve.api.loss.LossProvider;
    uses carve.api.mixer.MixerProvider;
    uses carve.api.model.ModelFamily;
    uses carve.api.stage.DataProvider;
    uses carve.api.stage.DatasetGenerator;
    uses carve.api.stage.OptimizerProvider;
    uses carve.api.stage.ScheduleProvider;
    uses carve.api.stage.StageProvider;
}
