/** The commands under {@code carve plugins}. */
package carve.app.cli.plugin;
