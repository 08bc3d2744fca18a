/** The program: commands, settings, and the platform that plugins stand on. */
module carve.app {
    requires carve.hocon;
    requires carve.runtime;
    requires com.google.common; // Guice needs it, and says so to nobody
    requires com.google.guice;
    requires info.picocli;
    requires jakarta.inject; // likewise
    requires java.se; // for plugins in layers: only the boot layer can hold it
    requires jdk.httpserver;
    requires jdk.incubator.vector; // likewise
    requires jdk.unsupported; // likewise, JavaCPP needs it
    requires org.jline.reader;
    requires org.jline.terminal;
    requires org.objectweb.asm; // likewise for Guice

    opens carve.app.wiring to
            com.google.guice;

    uses carve.api.data.DatasetGenerator;
    uses carve.api.data.DatasetProvider;
    uses carve.api.device.DeviceProvider;
    uses carve.api.device.KernelProvider;
    uses carve.api.loss.LossProvider;
    uses carve.api.mixer.MixerProvider;
    uses carve.api.model.ModelFamily;
    uses carve.api.stage.LearningRateScheduleProvider;
    uses carve.api.stage.OptimizerProvider;
    uses carve.api.stage.StageProvider;

    provides System.LoggerFinder with
            carve.app.report.ConsoleLoggerFinder;
}
