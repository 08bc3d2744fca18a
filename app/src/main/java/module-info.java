/** The command-line program: commands, settings, the server, and the loading of plugins. */
module carve.app {
    requires carve.hocon;
    requires carve.runtime;
    requires com.google.common; // used by Guice, which does not declare it
    requires com.google.guice;
    requires info.picocli;
    requires jakarta.inject;
    requires java.se; // for plugins in layers: only the boot layer can hold it
    requires jdk.incubator.vector; // for plugins in layers
    requires jdk.management; // for the size of the machine's memory
    requires jdk.unsupported; // for JavaCPP in plugins
    requires org.eclipse.jetty.server;
    requires org.jline.reader;
    requires org.jline.terminal;
    requires org.knowm.xchart;
    requires org.objectweb.asm; // used by Guice, which does not declare it

    opens carve.app.cli to
            com.google.guice;
    opens carve.app.cli.plugin to
            com.google.guice;
    opens carve.app.wiring to
            com.google.guice;

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

    provides System.LoggerFinder with
            carve.app.report.ConsoleLoggerFinder;
}
