/**
 * Conversion of a teacher into a student: other mixers in some layers, initialised from attention, tensor by
 * tensor.
 */
package carve.runtime.convert;
