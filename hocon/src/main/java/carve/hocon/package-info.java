/**
 * Settings in HOCON.
 *
 * <p>{@link carve.hocon.Hocon} parses files into {@link carve.api.config.Settings} that know file and line of each value;
 * {@link carve.hocon.HoconFormat} offers it to the runtime.
 *
 * {@snippet :
 * Catalogs catalogs = Catalogs.discover(ModuleLayer.boot());
 * Settings recipe = Hocon.parseFile(Path.of("recipe.conf"));
 * Optimizer optimizer = catalogs.optimizer(recipe.section("optimizer"));
 * }
 */
package carve.hocon;
