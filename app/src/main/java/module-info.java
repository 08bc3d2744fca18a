/** The program: commands, settings, and the platform that plugins stand on. */
module carve.app {
    requires carve.api;
    requires java.se;
    requires jdk.incubator.vector; // for plugins in layers: only the boot layer can hold it
    requires jdk.unsupported; // likewise, JavaCPP needs it
}
