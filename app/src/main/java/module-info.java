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

    provides System.LoggerFinder with
            carve.app.report.ConsoleLoggerFinder;
}
