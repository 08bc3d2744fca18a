/** XChart, whose jar has no module descriptor of its own; what {@code carve.app} uses of it is exported. */
module org.knowm.xchart {
    requires java.desktop;

    exports org.knowm.xchart;
    exports org.knowm.xchart.style;
}
