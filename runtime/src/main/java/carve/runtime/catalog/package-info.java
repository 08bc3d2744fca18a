/**
 * Installed plugins by kind and name, and the settings that they are made with.
 *
 * <p>A provider's defaults are in the {@code reference.conf} at the root of its module, at {@code carve.KIND.NAME}. Settings of a
 * program, a plan or a recipe override them, and a key that nothing reads is an error.
 *
 * {@snippet :
 * Catalogs catalogs = Catalogs.discover(getClass().getClassLoader());
 * Settings section = SettingsFormat.installed().parse("loss { type = kl, temperature = 2 }", "recipe").section("loss");
 * Loss loss = catalogs.loss(section);
 * }
 *
 * <p>{@link carve.runtime.catalog.SettingsFormat} is the service by which a settings language is added; the artifact
 * {@code carve-hocon} has HOCON. {@link carve.runtime.catalog.ConfigFormat} adds a format of other projects' configurations;
 * {@code carve-yaml} has YAML. {@link carve.runtime.catalog.Presets} are plans and recipes that plugins bring.
 */
package carve.runtime.catalog;
