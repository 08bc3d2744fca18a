/**
 * Folders whose weights other libraries quantised: FP8, MXFP4, GPTQ and AWQ. They open by their plain names and shapes; a weight is
 * computed, to 16 bits as the library that made it would, when it is read.
 *
 * <p>{@link carve.runtime.quantised.QuantisedFolder} chooses a {@link carve.runtime.quantised.WeightFormat} by {@code
 * quantization_config} in {@code config.json}, whose keys are all used, known to be harmless, or refused. Models in such folders can
 * be run, and taught from; they are saved as plain ones.
 */
package carve.runtime.quantised;
