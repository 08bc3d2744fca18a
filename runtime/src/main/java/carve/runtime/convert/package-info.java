/**
 * Conversion of a teacher into a student: other mixers in some layers, initialised from attention.
 *
 * <p>{@link carve.runtime.convert.Conversion} computes the student's tensors one layer at a time, so that neither model is in
 * memory as a whole. {@link carve.runtime.convert.ConversionRunner} writes the student's folder with a report of every tensor.
 *
 * {@snippet :
 * try (ModelFolder teacher = ModelFolder.open(Path.of("models/teacher"), catalogs)) {
 *     Plan plan = Plan.of(SettingsFormat.installed().parse("repeat = [keep, mamba2 x3]", "plan"));
 *     new ConversionRunner(catalogs, device).convert(teacher, plan, 42, Path.of("models/student"), ProgressListener.NONE);
 * }
 * }
 */
package carve.runtime.convert;
