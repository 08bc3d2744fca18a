/** Configurations of other projects in YAML. */
module carve.yaml {
    requires carve.runtime;
    requires org.snakeyaml.engine;

    provides carve.runtime.catalog.ConfigFormat with
            carve.yaml.YamlFormat;
}
