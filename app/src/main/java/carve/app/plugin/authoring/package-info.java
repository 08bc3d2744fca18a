/**
 * The writer of new plugins: whole builds that compile, keep the contract of their kind, and run at once.
 *
 * <p>A build is made from templates, resources under {@code carve-templates/KIND}, and from those that all kinds share under
 * {@code carve-templates/build}. Each folder has an {@code index} whose lines name a resource and the file it becomes. In both,
 * {@code {{name}}}, {@code {{package}}}, {@code {{path}}}, {@code {{class}}} and the versions of Carve and of Maven's plugins
 * are filled in.
 */
package carve.app.plugin.authoring;
