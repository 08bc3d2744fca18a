/**
 * Pictures of models: what is drawn, on a sheet that is an SVG file or a PNG file.
 *
 * <p>A new kind of picture draws on a {@link carve.app.picture.Sheet}; which file it becomes is not its concern.
 */
package carve.app.picture;
