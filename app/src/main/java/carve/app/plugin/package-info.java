/**
 * The loading, checking, installing and reloading of plugins.
 *
 * <p>A plugin is a folder: its modules lie in it, the libraries that they use in {@code lib/}. Each has a module layer
 * of its own over the program's, whose parent loader sees the plugin's libraries and nothing of other plugins'. Two
 * plugins may hold the same library in different versions. A plugin that cannot be used is reported with the reason,
 * and does not stop the others.
 *
 * <pre>{@code
 * plugins/
 *   plugins.lock                 checksums of what was installed
 *   retention/
 *     retention-1.0.jar          module com.example.retention, provides MixerProvider with ...
 *     disabled                   keeps the plugin from being used, while it is there
 *     lib/
 *       some-library-2.3.jar     on a class path that only the plugin sees
 * }</pre>
 *
 * <p>A plugin goes through the states of {@link carve.app.plugin.PluginState}: checks read its jars before any of it
 * runs and report all problems at once, its modules get a layer, its providers are created. Commands use {@link
 * carve.app.plugin.PluginSet}; a long-running process uses {@link carve.app.plugin.ReloadablePlugins}, which leases the
 * current plugins, reloads changed ones and unloads unused ones. {@link carve.app.plugin.PluginStore} installs,
 * removes, enables and disables.
 */
package carve.app.plugin;
