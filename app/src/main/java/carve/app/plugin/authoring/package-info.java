/**
 * What writes the beginnings of plugins for their authors: whole builds that compile, keep their contracts and run at once.
 *
 * <p>A build is made of templates, resources under {@code carve-templates/KIND} beside those that all kinds have under {@code
 * carve-templates/build}. Each folder has an {@code index}, lines of a resource and the file it becomes. In both, {@code
 * {{name}}} and its like stand for what the author chose.
 */
package carve.app.plugin.authoring;
