/**
 * The platform that plugins stand on.
 *
 * <p>A plugin is a folder: its modules lie in it, the libraries that they use in {@code lib/}. Each has a module layer of its
 * own over the program's, whose parent loader sees the plugin's libraries and nothing of other plugins'. Two plugins may hold
 * the same library in different versions. What cannot be used is reported with its reason, and does not stop the others.
 *
 * <pre>{@code
 * plugins/
 *   retention/
 *     retention-1.0.jar          module com.example.retention, provides MixerProvider with ...
 *     lib/
 *       some-library-2.3.jar     on a class path that only the plugin sees
 * }</pre>
 */
package carve.app.plugin;
