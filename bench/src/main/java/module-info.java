/** Side-by-side measurements: what runs here is found like any plugin, and nothing of it is compiled against. */
module carve.bench {
    requires java.compiler;
    requires carve.hocon;
    requires carve.runtime;
    requires static carve.testkit; // the attack alone needs it
    requires java.desktop;
    requires java.logging; // what the device logs is part of what is measured
    requires java.management;
    requires java.net.http;
    requires jdk.incubator.vector;
    requires org.knowm.xchart;
}
