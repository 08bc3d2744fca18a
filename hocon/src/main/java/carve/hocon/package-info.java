/**
 * Settings in HOCON, and catalogs of providers with the defaults of their settings.
 *
 * <p>{@link carve.hocon.Hocon} parses files into {@link carve.api.config.Settings} that know file and line of each value.
 * {@link carve.hocon.Catalogs} holds providers by kind and name and puts what is set over the defaults, which each provider
 * has in the {@code reference.conf} at the root of its module, at {@code carve.KIND.NAME}:
 *
 * <pre>{@code
 * carve.mixers.retention {
 *   decay = 0.97   # per position
 * }
 * }</pre>
 *
 * {@snippet :
 * Catalogs catalogs = Catalogs.discover(ModuleLayer.boot());
 * Settings recipe = Hocon.file(Path.of("recipe.conf"));
 * Optimizer optimizer = catalogs.parts().optimizer(recipe.section("optimizer"));
 * }
 */
package carve.hocon;
