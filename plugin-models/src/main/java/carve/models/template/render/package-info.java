/**
 * The rendering of templates: scopes, statements, expressions, filters, tests and global functions.
 *
 * <p>A {@link carve.models.template.render.Rendering} walks through the statements of one template once. Filters and tests stand in
 * tables by name; a new one is a line there.
 */
package carve.models.template.render;
