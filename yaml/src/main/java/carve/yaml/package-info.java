/**
 * Configurations of other projects in YAML.
 *
 * <p>{@link carve.yaml.YamlFormat} offers YAML to the runtime, which then reads layer plans from recipes such as MaTVLM's:
 *
 * {@snippet :
 * Plan plan = carve.readPlan(Path.of("MaTVLM.yaml"));
 * }
 */
package carve.yaml;
