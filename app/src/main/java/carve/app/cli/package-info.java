/**
 * The commands. Each has a specification for picocli, made without reflection, and a body that is given what it works with.
 *
 * <p>A new one implements {@link carve.app.cli.Command} and is added to {@link carve.app.cli.CommandRunner}.
 */
package carve.app.cli;
