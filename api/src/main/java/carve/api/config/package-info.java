/**
 * Settings as plugins see them, JSON as checkpoints write it, and texts for names that do not exist.
 *
 * <p>A provider receives {@link carve.api.config.Settings} and makes a record of it, once, in the record's factory. There are
 * no fallbacks in code: defaults are settings too and live in the plugin's {@code reference.conf}.
 *
 * {@snippet :
 * record RetentionConfig(int heads, double decay) {
 *     static RetentionConfig from(Settings settings) {
 *         return new RetentionConfig(settings.integer("heads"), settings.real("decay"));
 *     }
 * }
 * }
 *
 * <p>Every read is remembered. When all readers are done, {@link carve.api.config.Settings#requireAllRead()} refuses the keys
 * that nobody asked for, with file, line and the nearest key that somebody did ask for. In tests,
 * {@link carve.api.config.MapSettings} makes settings of a map; the application translates its configuration files into
 * {@link carve.api.config.SettingsNode} and hands that to {@link carve.api.config.TreeSettings}.
 *
 * <p>{@link carve.api.json.Json} reads and prints {@code config.json} without losing anything: keys keep their order and
 * numbers their text.
 */
package carve.api.config;
